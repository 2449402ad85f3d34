import { startBenchDaemon } from './daemon-rig.ts';
import type { Report } from './figure.ts';
import { memoryOf, peakOf } from './process-status.ts';

const JOBS = 10_000;

/**
 * domstartd with 10,000 job files: the time from its start until it serves clients, Node's start
 * included, and its memory then. Goal: at most 1.5 s and 150 MB.
 */
export async function load(runs: number): Promise<Report> {
  const jobs = Object.fromEntries(
    Array.from({ length: JOBS }, (_, at) => [`job-${at}`, textOf(at)]),
  );
  const seconds: number[] = [];
  const memory: number[] = [];
  const peak: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    console.error(`run ${run + 1} of ${runs}`);
    await using daemon = await startBenchDaemon(jobs);
    const loaded = await daemon.ask({ verb: 'list' });
    if (loaded.length !== JOBS) throw new Error(`${loaded.length} of ${JOBS} jobs are loaded`);
    seconds.push(daemon.startMs / 1000);
    memory.push(memoryOf(daemon.pid));
    peak.push(peakOf(daemon.pid));
  }
  const bytes = Object.values(jobs).reduce((sum, text) => sum + text.length, 0);
  return {
    notes: [`${JOBS} job files, ${(bytes / 1e6).toFixed(2)} MB`],
    figures: [
      { name: 'until it serves', unit: 's', values: seconds, goal: 1.5 },
      { name: 'resident memory', unit: 'MB', values: memory, goal: 150 },
      { name: 'resident at most', unit: 'MB', values: peak },
    ],
  };
}

/** As job files are: a service, or now and then a task with a script. */
function textOf(at: number): string {
  const head = `description "job ${at} of many"\nauthor "nobody <nobody@localhost>"\n`;
  if (at % 5 === 0) {
    const lines = `  echo one ${at}\n  test -d /run || exit 0\n  exec true\n`;
    return `${head}start on stopped JOB=job-${at - 1} RESULT=ok\ntask\nscript\n${lines}end script\n`;
  }
  const when = `start on (started job-${at - 1} and runlevel [2345])\nstop on runlevel [!2345]\n`;
  return `${head}${when}respawn\nrespawn limit 10 5\nenv NUMBER=${at}\nexec /usr/sbin/serve --number $NUMBER\n`;
}
