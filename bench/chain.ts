import type { Report } from './figure.ts';
import { measureLegs } from './legs/run-legs.ts';

const TASKS = 1000;
/** Of the real Upstart 1.13.2. */
const UPSTART_S = 4.8;

/**
 * 1,000 tasks, each `start on stopped` of the one before, `exec true`: in an engine that a program
 * embeds, and in domstartd, against the same spawns by nothing but Node, with their output thrown
 * away and with it read. Each leg has a process of its own. Goal: at most 1.3 of the bare spawns, and
 * faster than Upstart.
 */
export async function chain(runs: number): Promise<Report> {
  return {
    notes: [`a chain of ${TASKS} tasks; Upstart 1.13.2 needs ${UPSTART_S} s`],
    figures: await measureLegs({ kind: 'chain', tasks: TASKS, runs, goal: UPSTART_S, ratio: 1.3 }),
  };
}
