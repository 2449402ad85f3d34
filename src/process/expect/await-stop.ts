import { readFileSync } from 'node:fs';
import type { JobDefinition } from '../../model/job.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ending, RunReport } from '../../ports/main-process.ts';
import { afterExpect, expectUnmet } from './unmet.ts';

export interface AwaitStopOptions {
  readonly job: JobDefinition;
  readonly pid: number;
  readonly ended: Promise<Ending>;
  readonly report: RunReport;
  readonly clock: Clock;
  /** How long it may take; null: for ever. */
  readonly expectMs: number | null;
}

/** A stopped process waits for us, so what is seen late costs it time; what never comes, little. */
const LOOK_MS = 2;
const LATER_LOOK_MS = 20;
const EAGER_LOOKS = 1000;

/**
 * `expect stop`: resolves when the process has stopped itself, and lets it go on. Rejects with
 * `expect-unmet` where it does not, and never settles where it ends before.
 */
export function awaitStop(options: AwaitStopOptions): Promise<void> {
  const { job, pid, ended, report, clock, expectMs } = options;
  return new Promise((resolve, reject) => {
    let looks = 0;
    let timer = setTimeout(look, LOOK_MS);
    const forget = afterExpect(clock, expectMs, (waited) => {
      clearTimeout(timer);
      reject(expectUnmet(job, { forks: 0, pid, expectMs: waited }));
    });
    ended.then(() => {
      clearTimeout(timer);
      forget();
    });

    function look(): void {
      if (!hasStopped(pid)) {
        looks += 1;
        timer = setTimeout(look, looks < EAGER_LOOKS ? LOOK_MS : LATER_LOOK_MS);
        return;
      }
      forget();
      report.signalled('stopped', 'STOP');
      resolve();
      goOn(pid);
      // The lifecycle goes on first, as Upstart's does, and what it queues comes after this.
      queueMicrotask(() => report.signalled('continued', 'CONT'));
    }
  });
}

/** By SIGSTOP: no other signal stops the leader of a session without job control. */
function hasStopped(pid: number): boolean {
  try {
    return /\) T [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

function goOn(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It was killed meanwhile.
  }
}
