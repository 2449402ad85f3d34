import { errorJson } from '../../model/error-json.ts';
import type { DomstartError } from '../../model/errors.ts';
import { EXIT, exitStatusOf } from '../exit-codes.ts';
import { fail } from '../output.ts';
import type { Call } from './parse-call.ts';
import type { Speaker } from './speaker.ts';

/** A message on standard error, as Upstart's programs write it. */
export function complain({ name }: Speaker, message: string): void {
  process.stderr.write(`${name}: ${message}\n`);
}

/** Wrong usage, in Upstart's two lines. Gives the exit status. */
export function reportUsage(speaker: Speaker, message: string): number {
  complain(speaker, message);
  process.stderr.write(`Try \`${speaker.name} --help' for more information.\n`);
  return speaker.kind === 'upstart' ? EXIT.failed : EXIT.usage;
}

/** What to do about it, where Upstart's words leave people alone. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [/^Unknown job: /, '`domstart list` shows the jobs that there are'],
  [/^Unknown instance: $/, 'it does not run; `domstart list` shows what does'],
  [/^Unknown instance: ./, 'no such instance runs; `domstart list` shows those that do'],
  [
    /^Job failed to /,
    '`domstart console JOB` shows what it wrote, the log of the daemon how it ended',
  ],
  [/^Event failed$/, 'a job that it started or stopped failed; the log of the daemon names it'],
];

/** What the daemon refused, or why it cannot be asked. Gives the exit status. */
export function reportError(speaker: Speaker, { flags }: Call, error: DomstartError): number {
  const { code, message } = error;
  const hint = error.hint ?? HINTS.find(([words]) => words.test(message))?.[1];
  if (code === 'internal') return fail(error);
  if (flags.has('json')) process.stdout.write(`${JSON.stringify({ error: errorJson(error) })}\n`);
  complain(speaker, message);
  const ofDaemon = code !== 'daemon-unreachable' && code !== 'protocol-broken';
  // Upstart's words about jobs are compared by scripts, and have no second line.
  if (hint !== undefined && (speaker.kind === 'domstart' || !ofDaemon)) {
    process.stderr.write(`  hint: ${hint}\n`);
  }
  return ofDaemon || speaker.kind === 'upstart' ? EXIT.failed : exitStatusOf(code);
}
