import { type Report, ratios } from './figure.ts';
import { legsInTurn } from './legs/run-legs.ts';

const TASKS = 1000;
/** Of the real Upstart 1.13.2 without logs; with them it aborts. */
const UPSTART_S = 5.5;

/**
 * 1,000 tasks that start on one event, `exec true`, with `console log`: in an embedded engine and in
 * domstartd, beside the same spawns by nothing but Node. Goal: faster than Upstart.
 */
export async function crowd(runs: number): Promise<Report> {
  const seconds = await legsInTurn(['bare-crowd', 'engine-crowd', 'daemon-crowd'], TASKS, runs);
  const bare = seconds['bare-crowd'] ?? [];
  const engine = seconds['engine-crowd'] ?? [];
  const daemon = seconds['daemon-crowd'] ?? [];
  return {
    notes: [`${TASKS} tasks on one event; Upstart 1.13.2 needs ${UPSTART_S} s, without logs`],
    figures: [
      { name: 'bare spawns', unit: 's', values: bare },
      { name: 'embedded engine', unit: 's', values: engine, goal: UPSTART_S },
      { name: 'domstartd', unit: 's', values: daemon, goal: UPSTART_S },
      { name: 'embedded engine / bare', unit: '', values: ratios(engine, bare) },
      { name: 'domstartd / bare', unit: '', values: ratios(daemon, bare) },
    ],
  };
}
