import { DomstartError } from '../../model/errors.ts';
import type { JobDefinition } from '../../model/job.ts';
import { neutralise } from '../../model/terminal.ts';
import type { Clock } from '../../ports/clock.ts';

/** How long a program may take to do what `expect` says, where nothing else is asked for. */
export const EXPECT_MS = 30_000;

/** Calls `due` when the time is over; null: never. The result forgets it. */
export function afterExpect(
  clock: Clock,
  expectMs: number | null,
  due: (expectMs: number) => void,
): () => void {
  return expectMs === null ? () => {} : clock.after(expectMs, () => due(expectMs));
}

export const FORKS = { fork: 1, daemon: 2 } as const;

/** What the job declares was not seen; `forks` were. */
export function expectUnmet(
  { name, expect }: JobDefinition,
  {
    forks,
    pid,
    expectMs,
  }: { readonly forks: number; readonly pid: number; readonly expectMs: number },
): DomstartError {
  const awaited = {
    stop: 'stop itself with SIGSTOP',
    fork: 'fork once',
    daemon: 'fork twice',
    none: '',
  }[expect ?? 'none'];
  const seen =
    expect === 'stop' ? 'it has not' : forks === 0 ? 'it did not fork' : 'it forked once';
  const message = `${name} declares "expect ${expect}", so process ${pid} should ${awaited}; in ${expectMs / 1000} s ${seen}`;
  return new DomstartError('expect-unmet', message, {
    hint:
      forks === 0
        ? `a program that stays in the foreground needs no expect: take "expect ${expect}" out`
        : 'write "expect fork"',
  });
}

/** The main process ended, but what it forked ran on: `PID:NAME` each. */
export function leftBehind(
  { expect }: JobDefinition,
  { pid, left }: { readonly pid: number; readonly left: readonly string[] },
): string {
  const named = left.map((it) => it.replace(/^(\d+):(.*)$/, '$1 ($2)')).map(neutralise);
  const others = `${left.length === 1 ? 'process' : 'processes'} ${named.join(', ')}`;
  const advice =
    expect === 'fork' ? '; where it forks twice to be a daemon, write "expect daemon"' : '';
  return `expect ${expect}: process ${pid} ended, and ${others} that it forked ran on: killed${advice}`;
}
