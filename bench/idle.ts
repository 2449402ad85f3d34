import { setTimeout as sleep } from 'node:timers/promises';
import { startBenchDaemon } from './daemon-rig.ts';
import type { Report } from './figure.ts';
import type { BenchOptions } from './main.ts';
import { memoryOf, processorTimeOf, wakeUpsOf } from './process-status.ts';

const JOBS = 20;
/** What belongs to its start is over by then. */
const SETTLE_SECONDS = 5;

/**
 * domstartd with some jobs, one of which runs, and nothing to do: its memory, how often the kernel
 * wakes one of its threads, and the processor's time that it takes. Goal: at most 70 MB, and no
 * periodic wake-ups to speak of: looking at its folder every ten seconds is all.
 */
export async function idle(runs: number, { seconds = 60 }: BenchOptions): Promise<Report> {
  const jobs = Object.fromEntries(
    Array.from({ length: JOBS }, (_, at) => [`job-${at}`, `start on event-${at}\nexec true\n`]),
  );
  const memory: number[] = [];
  const wakeUps: number[] = [];
  const busy: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    console.error(`run ${run + 1} of ${runs}, of ${seconds} s`);
    await using daemon = await startBenchDaemon({
      ...jobs,
      service: 'start on startup\nexec sleep 1000000\n',
    });
    await sleep(SETTLE_SECONDS * 1000);
    const before = [wakeUpsOf(daemon.pid), processorTimeOf(daemon.pid)] as const;
    await sleep(seconds * 1000);
    wakeUps.push(((wakeUpsOf(daemon.pid) - before[0]) * 60) / seconds);
    busy.push(((processorTimeOf(daemon.pid) - before[1]) * 60) / seconds);
    memory.push(memoryOf(daemon.pid));
  }
  return {
    figures: [
      { name: 'resident memory', unit: 'MB', values: memory, goal: 70 },
      { name: 'wake-ups', unit: '/min', values: wakeUps },
      { name: 'busy milliseconds', unit: '/min', values: busy },
    ],
  };
}
