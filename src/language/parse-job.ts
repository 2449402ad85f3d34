/** A job file as a job: the way into the language. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Dialect, JobDefinition } from '../model/job.ts';
import { compileDomain, type Part } from './compile-domain.ts';
import { compileOverride, compileStanzas } from './compile-job.ts';
import { type Cursor, createCursor } from './cursor.ts';
import { domainOf, jobOf } from './job-draft.ts';
import { jobNameOf } from './job-name.ts';
import { MOST_ERRORS, parseStanzas } from './parse-stanzas.ts';
import { raise } from './raise.ts';
import { createSource } from './source.ts';
import type { JobNode, JobSyntax } from './syntax.ts';

export interface ParseOptions {
  readonly text: string;
  /** For the job's name and its `file`; nothing is read. */
  readonly file: string;
  readonly dialect: Dialect;
  /** The job's name, where the file's own name does not say it. */
  readonly name?: string;
  /** The text of NAME.override: stanzas on top of the job's, in the same dialect. */
  readonly override?: string;
}

export interface ParseResult {
  /**
   * Absent where a diagnostic is an error. Errors of the override only cut the override short,
   * unless the domain that both make is none.
   */
  readonly job?: JobDefinition;
  /** In the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
  /** What stands where. */
  readonly syntax: JobSyntax;
  /** Present where an override was given; its places are in its own text. */
  readonly override?: {
    readonly diagnostics: readonly Diagnostic[];
    /** As far as it was applied. */
    readonly syntax: JobSyntax;
  };
}

/** Reads one job file. Never throws: whatever is wrong with the text is a diagnostic. */
export function parseJob(options: ParseOptions): ParseResult {
  const { text, file, dialect, name = jobNameOf(file, dialect), override } = options;
  const own = open(text, dialect);
  const top = override === undefined ? undefined : open(override, dialect);
  const { job, nodes, guest } =
    text === '' && dialect === 'event.d'
      ? raiseEmpty(own)
      : readJob([own, ...(top === undefined ? [] : [top])], { name, file });
  const diagnostics = inOrder(own);
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  const [node = NOTHING, applied = NOTHING] = nodes;
  return {
    ...(failed || job === undefined ? {} : { job }),
    diagnostics,
    syntax: syntaxOf(own, node, guest),
    ...(top === undefined
      ? {}
      : { override: { diagnostics: inOrder(top), syntax: syntaxOf(top, applied, guest) } }),
  };
}

const NOTHING: JobNode = { dialect: 'init', stanzas: [], failed: new Set() };

function open(text: string, dialect: Dialect): Cursor {
  return createCursor({ source: createSource(text), dialect, diagnostics: [] });
}

interface ReadJob {
  /** Absent where something that is missing makes it none. */
  readonly job?: JobDefinition;
  /** One for each text. */
  readonly nodes: readonly JobNode[];
  readonly guest?: Part;
}

function readJob(
  cursors: readonly [Cursor, ...Cursor[]],
  options: { readonly name: string; readonly file: string },
): ReadJob {
  const [own, top] = cursors;
  const node = parseStanzas(own);
  const draft = compileStanzas(own, node, options);
  const parts: Part[] = [{ cursor: own, node }];
  if (top !== undefined) {
    parts.push({ cursor: top, node: compileOverride(top, draft, parseStanzas(top)) });
  }
  const nodes = parts.map((part) => part.node);
  if (draft.domain === undefined && !nodes.some(isDomain)) return { job: jobOf(draft), nodes };
  const told = top?.diagnostics.length;
  const domain = compileDomain(parts, { domain: domainOf(draft), file: options.file });
  // An override that does not go with the domain cannot be cut short: it leaves no sound job.
  if (domain === undefined || top?.diagnostics.length !== told) return { nodes };
  const job = { ...jobOf(draft), domain: domain.spec };
  return domain.guest === undefined ? { job, nodes } : { job, nodes, guest: domain.guest };
}

function isDomain({ stanzas }: JobNode): boolean {
  return stanzas.some(({ stanza }) => stanza.domain === true);
}

function syntaxOf(cursor: Cursor, node: JobNode, guest: Part | undefined): JobSyntax {
  const { source } = cursor;
  return guest?.cursor.source === source ? { source, node, guest: guest.node } : { source, node };
}

/** The diagnostics in the order of the text; one in the place of all that are too many. */
function inOrder(cursor: Cursor): readonly Diagnostic[] {
  const { diagnostics } = cursor;
  diagnostics.sort((a, b) => a.span.from - b.span.from);
  if (diagnostics.length > MOST_ERRORS) raiseTooMany(cursor);
  return diagnostics;
}

/** Upstart 0.3 cannot map an empty file into memory. */
function raiseEmpty(cursor: Cursor): ReadJob {
  raise(cursor, {
    code: 'empty-file',
    message: 'unable to read: Invalid argument: Upstart 0.3 refuses an empty file',
    hint: 'a comment is enough',
    from: 0,
    to: 0,
  });
  return { nodes: [] };
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
