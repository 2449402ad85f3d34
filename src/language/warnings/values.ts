/** Values that parse and fail when they are used. */
import { describeProblem, expand } from '../../model/expand.ts';
import { valuesOf } from '../slots.ts';
import { lastStanza, placeOf, stanzasOf, type Warning, type WrittenJob } from './written-job.ts';

/** setrlimit(2) refuses a soft limit over the hard one, and the process is never run. */
export function* softOverHard(written: WrittenJob): Generator<Warning> {
  for (const found of stanzasOf(written)) {
    if (found.node.stanza.words !== 'limit') continue;
    const [, soft, hard] = valuesOf(found.node) as [string, number | null, number | null];
    if (hard === null || (soft !== null && soft <= hard)) continue;
    yield {
      code: 'soft-over-hard',
      message: 'Soft limit over the hard one: the system refuses that, and no process is run',
      hint: 'the first value is the soft one: `limit nofile 1024 4096`',
      at: placeOf(found),
    };
  }
}

/** The real Upstart's init aborts on these, and takes the system with it. */
export function* zeroes(written: WrittenJob): Generator<Warning> {
  const { killTimeout, killSignal, dialect } = written.job;
  const timeout = killTimeout === 0 ? lastStanza(written, 'kill timeout') : undefined;
  if (timeout !== undefined && dialect !== 'domstart') {
    yield {
      code: 'kill-timeout-zero',
      message: "Kill timeout 0: Upstart's own init aborts when the job is stopped",
      hint: 'one second is the least that it bears',
      at: placeOf(timeout),
    };
  }
  const signal = killSignal === 0 ? lastStanza(written, 'kill signal') : undefined;
  if (signal !== undefined) {
    yield {
      code: 'kill-signal-zero',
      message: 'Kill signal 0 is no signal: the process is not told to end before it is killed',
      hint: 'TERM is what it is without this stanza',
      at: placeOf(signal),
    };
  }
}

/** No value of any variable makes such a pattern right. */
export function* malformedInstance(written: WrittenJob): Generator<Warning> {
  const found = lastStanza(written, 'instance');
  const { instance } = written.job;
  if (found === undefined || instance === undefined) return;
  const result = expand(instance, new Map());
  if (result.ok || result.problem.kind === 'unknown-parameter') return;
  yield {
    code: 'malformed-pattern',
    message: `Malformed pattern: ${describeProblem(result.problem)}, so no instance can be named`,
    hint: 'a variable is written as $NAME, or in braces',
    at: placeOf(found),
  };
}
