import type { Report } from './figure.ts';
import { measureLegs } from './legs/run-legs.ts';

const TASKS = 1000;
/** Of the real Upstart 1.13.2 without logs; with them it aborts. */
const UPSTART_S = 5.5;

/**
 * 1,000 tasks that start on one event, `exec true`, with and without `console log`: in an embedded
 * engine and in domstartd, beside the same spawns by nothing but Node. Goal: faster than Upstart.
 */
export async function crowd(runs: number): Promise<Report> {
  return {
    notes: [`${TASKS} tasks on one event; Upstart 1.13.2 needs ${UPSTART_S} s, without logs`],
    figures: await measureLegs({ kind: 'crowd', tasks: TASKS, runs, goal: UPSTART_S }),
  };
}
