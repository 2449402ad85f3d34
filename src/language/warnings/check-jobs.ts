/** Every warning about jobs that are checked together. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Dialect } from '../../model/job.ts';
import { quoted } from '../raise.ts';
import { spanOf } from '../source.ts';
import { waitingCycles } from './cycles.ts';
import { unknownEvents, unknownJobs } from './events.ts';
import { eventsOf, jobNames } from './job-set.ts';
import { jobWarnings } from './job-warnings.ts';
import type { JobText, Place, Warning, WrittenJob } from './written-job.ts';

export interface CheckSetOptions {
  /** All the jobs there are (a folder), so that what is not among them is nowhere. */
  readonly whole: boolean;
  /** Files with errors beside them: jobs of those names are there, and may emit whatever. */
  readonly broken?: readonly BrokenJob[];
}

interface BrokenJob {
  readonly name: string;
  readonly dialect: Dialect;
}

/** The warnings of each file, in its order. Jobs of different dialects are different sets. */
export function checkJobs(
  jobs: readonly WrittenJob[],
  { whole, broken = [] }: CheckSetOptions,
): ReadonlyMap<string, readonly Diagnostic[]> {
  const sets = [true, false].map((old) => ({
    whole,
    jobs: jobs.filter(({ job }) => (job.dialect === 'event.d') === old),
    broken: broken.filter(({ dialect }) => (dialect === 'event.d') === old),
  }));
  const warnings = [
    ...jobs.flatMap(jobWarnings),
    ...jobs.flatMap((written) => guestOf(written) ?? []).flatMap(jobWarnings),
    ...sets.flatMap(setWarnings),
  ];
  return byFile(warnings);
}

interface JobSet {
  readonly jobs: readonly WrittenJob[];
  readonly broken: readonly BrokenJob[];
  readonly whole: boolean;
}

function setWarnings({ jobs, broken, whole }: JobSet): Warning[] {
  const events = eventsOf(jobs);
  const named = [...jobs.map(({ job }) => job), ...broken];
  const names = jobNames(new Set(named.map(({ name }) => name)));
  const ofEvents =
    broken.length > 0
      ? []
      : jobs.flatMap((written) => Array.from(unknownEvents(written, { events, whole })));
  const ofJobs = whole ? jobs.flatMap((written) => Array.from(unknownJobs(written, names))) : [];
  // Of files named one by one, nobody knows whether their folders are ever loaded together.
  const twice = whole ? shadowed(jobs) : [];
  return [...ofEvents, ...ofJobs, ...twice, ...waitingCycles(jobs)];
}

/** The guest's job with the part of the text that it stands in. */
function guestOf({ job, texts }: WrittenJob): WrittenJob | undefined {
  const guest = job.domain?.guest?.job;
  const text = texts.findLast((one) => one.guest !== undefined);
  if (guest === undefined || text?.guest === undefined) return undefined;
  return { job: guest, texts: [{ ...text, node: text.guest }] };
}

/** Of two files that give one name the first is the job. */
function* shadowed(jobs: readonly WrittenJob[]): Generator<Warning> {
  const first = new Map<string, JobText>();
  for (const { job, texts } of jobs) {
    const [text] = texts;
    if (text === undefined) continue;
    const earlier = first.get(job.name);
    if (earlier === undefined) first.set(job.name, text);
    else if (earlier.file !== text.file) yield shadow(job.name, text, earlier);
  }
}

function shadow(name: string, text: JobText, earlier: JobText): Warning {
  const [stanza] = text.node.stanzas;
  return {
    code: 'shadowed-job',
    message: `Shadowed: ${earlier.file} is the job ${quoted(name)} already, so this file has no effect`,
    hint: 'rename one of them',
    at: { text, from: stanza?.words.from ?? 0, to: stanza?.words.to ?? 0 },
  };
}

function byFile(warnings: readonly Warning[]): Map<string, Diagnostic[]> {
  const found = new Map<string, Diagnostic[]>();
  for (const warning of warnings) {
    const { file } = warning.at.text;
    const diagnostics = found.get(file) ?? [];
    diagnostics.push(diagnosticOf(warning));
    found.set(file, diagnostics);
  }
  for (const diagnostics of found.values()) diagnostics.sort((a, b) => a.span.from - b.span.from);
  return found;
}

function diagnosticOf({ code, message, hint, at, related }: Warning): Diagnostic {
  return {
    severity: 'warning',
    code,
    message,
    span: spanAt(at),
    ...(hint === undefined ? {} : { hint }),
    ...(related === undefined
      ? {}
      : { related: { message: related.message, span: spanAt(related.at) } }),
  };
}

function spanAt({ text, from, to }: Place) {
  return spanOf(text.source, from, to);
}
