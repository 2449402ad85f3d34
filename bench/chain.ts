import { type Report, ratios } from './figure.ts';
import { legsInTurn } from './legs/run-legs.ts';

const TASKS = 1000;
/** Of the real Upstart 1.13.2, on this machine's like. */
const UPSTART_S = 4.8;

/**
 * 1,000 tasks, each `start on stopped` of the one before, `exec true`, with `console log`: in an
 * engine that a program embeds, and in domstartd, against the same spawns by nothing but Node. Each
 * leg has a process of its own. Goal: at most 1.3 of the bare spawns, and faster than Upstart.
 */
export async function chain(runs: number): Promise<Report> {
  const seconds = await legsInTurn(['bare-chain', 'engine-chain', 'daemon-chain'], TASKS, runs);
  const bare = seconds['bare-chain'] ?? [];
  const engine = seconds['engine-chain'] ?? [];
  const daemon = seconds['daemon-chain'] ?? [];
  return {
    notes: [`a chain of ${TASKS} tasks; Upstart 1.13.2 needs ${UPSTART_S} s`],
    figures: [
      { name: 'bare spawns', unit: 's', values: bare },
      { name: 'embedded engine', unit: 's', values: engine, goal: UPSTART_S },
      { name: 'domstartd', unit: 's', values: daemon, goal: UPSTART_S },
      { name: 'embedded engine / bare', unit: '', values: ratios(engine, bare), goal: 1.3 },
      { name: 'domstartd / bare', unit: '', values: ratios(daemon, bare), goal: 1.3 },
    ],
  };
}
