/** A job file as a job: the way into the language. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Dialect, JobDefinition } from '../model/job.ts';
import { compileDomain } from './compile-domain.ts';
import { compileStanzas } from './compile-job.ts';
import { type Cursor, createCursor } from './cursor.ts';
import { domainOf, jobOf } from './job-draft.ts';
import { jobNameOf } from './job-name.ts';
import { MOST_ERRORS, parseStanzas } from './parse-stanzas.ts';
import { raise } from './raise.ts';
import { createSource } from './source.ts';

export interface ParseOptions {
  readonly text: string;
  /** For the job's name and its `file`; nothing is read. */
  readonly file: string;
  readonly dialect: Dialect;
  /** The job's name, where the file's own name does not say it. */
  readonly name?: string;
}

export interface ParseResult {
  /** Absent where a diagnostic is an error. */
  readonly job?: JobDefinition;
  /** In the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads one job file. Never throws: whatever is wrong with the text is a diagnostic. */
export function parseJob({ text, file, dialect, name }: ParseOptions): ParseResult {
  const diagnostics: Diagnostic[] = [];
  const cursor = createCursor({ source: createSource(text), dialect, diagnostics });
  const job =
    text === '' && dialect === 'event.d'
      ? raiseEmpty(cursor)
      : readJob(cursor, { name: name ?? jobNameOf(file, dialect), file });
  diagnostics.sort((a, b) => a.span.from - b.span.from);
  if (diagnostics.length > MOST_ERRORS) raiseTooMany(cursor);
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  return failed || job === undefined ? { diagnostics } : { job, diagnostics };
}

function readJob(
  cursor: Cursor,
  options: { readonly name: string; readonly file: string },
): JobDefinition | undefined {
  const node = parseStanzas(cursor);
  const draft = compileStanzas(cursor, node, options);
  if (!node.stanzas.some(({ stanza }) => stanza.domain === true)) return jobOf(draft);
  const domain = compileDomain(cursor, node, { domain: domainOf(draft), file: options.file });
  return domain && { ...jobOf(draft), domain };
}

/** Upstart 0.3 cannot map an empty file into memory. */
function raiseEmpty(cursor: Cursor): undefined {
  return raise(cursor, {
    code: 'empty-file',
    message: 'unable to read: Invalid argument: Upstart 0.3 refuses an empty file',
    hint: 'a comment is enough',
    from: 0,
    to: 0,
  });
}

/** Puts one diagnostic in the place of all that are too many. */
function raiseTooMany(cursor: Cursor): void {
  const [first] = cursor.diagnostics.splice(MOST_ERRORS);
  const at = first?.span.from ?? cursor.end;
  raise(cursor, {
    code: 'too-many-errors',
    message: `Too many errors: those behind the first ${MOST_ERRORS} are not told`,
    hint: 'is it a job file of this dialect?',
    from: at,
    to: at,
  });
}
