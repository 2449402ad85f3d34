import { constants } from 'node:os';
import type { RunResult } from '../engine/run-record.ts';

/** The exit status of a run as sh tells it; undefined where the main process never ran. */
export function exitStatusOf({ ending }: RunResult): number | undefined {
  switch (ending?.kind) {
    case 'exited':
      return ending.status;
    case 'signalled':
      return 128 + (signals[`SIG${ending.signal}`] ?? 0);
    default:
      return undefined;
  }
}

const signals: Readonly<Record<string, number>> = constants.signals;
