import { constants } from 'node:os';
import type { RunResult } from '../engine/run-record.ts';

/**
 * The exit status of a run as sh tells it: of the process that failed it, or else of the main
 * process; undefined where neither ran.
 */
export function statusOfRun(run: Pick<RunResult, 'ending' | 'failedEnding'>): number | undefined {
  const ending = run.failedEnding ?? run.ending;
  switch (ending?.kind) {
    case 'exited':
      return ending.status;
    case 'signalled':
      return 128 + (signals[`SIG${ending.signal}`] ?? Number(ending.signal));
    default:
      return undefined;
  }
}

const signals: Readonly<Record<string, number>> = constants.signals;
