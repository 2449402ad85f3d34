import { expect, test, vi } from 'vitest';
import { connectToDaemon } from '../../src/daemon/control/client.ts';
import { isAlive } from '../support/alive.ts';
import { type DaemonRig, daemonRig, stop } from '../support/daemon.ts';

const JOBS = 60;

/** One of each that a daemon forks, over and over; every one tells its pid. */
function writeJobs(rig: DaemonRig, startOn: string): void {
  const sleeps = `exec sh -c 'echo $$ >> ${rig.folder}/pids; exec sleep 1000'`;
  const forks = `exec perl -e 'use POSIX; exit if fork; POSIX::setsid(); exit if fork;
    open my $f, ">>", "${rig.folder}/pids"; print $f "$$\\n"; close $f; sleep 1000'`;
  const kinds = [
    sleeps,
    `pre-start ${sleeps}\nexec true`,
    `${sleeps}\npost-start ${sleeps}`,
    `expect daemon\n${forks.replace(/\n\s*/, ' ')}`,
    `console none\nnice 1\n${sleeps}`,
  ];
  for (let at = 0; at < JOBS; at += 1) {
    rig.file(`jobs/job${at}.conf`, `start on ${startOn}\n${kinds[at % kinds.length]}\n`);
  }
}

/** How many the daemon has listed until now. */
const listed = (rig: DaemonRig) => rig.read('control.processes').match(/^[+~]/gm)?.length ?? 0;

const told = (rig: DaemonRig) => rig.read('pids').trim().split('\n').filter(Boolean).map(Number);

/** Nobody runs who has the name of the socket, or the mark of any daemon, in its environment. */
async function expectNothingLeft(rig: DaemonRig): Promise<void> {
  const next = await rig.daemon({ args: ['--no-startup-event'] });
  expect(rig.processes()).toEqual([]);
  expect(told(rig).filter(isAlive)).toEqual([]);
  expect((await stop(next)).status).toBe(0);
}

test.each([1, 2, 3, 5, 8, 13, 21, 34, 55])(
  'a daemon that is killed while it starts leaves nobody to the next one (after %i forks)',
  async (forks) => {
    await using rig = daemonRig();
    writeJobs(rig, 'startup');
    const dead = rig.spawn();
    await vi.waitFor(() => expect(listed(rig)).toBeGreaterThanOrEqual(forks), {
      timeout: 20_000,
      interval: 1,
    });
    await stop(dead, 'SIGKILL');
    await expectNothingLeft(rig);
  },
  60_000,
);

test.each([1, 7, 30])(
  'nor one that is killed while it does what many clients asked for (after %i forks)',
  async (forks) => {
    await using rig = daemonRig();
    writeJobs(rig, 'nothing');
    const dead = await rig.daemon();
    const client = await connectToDaemon({ path: rig.socket });
    for (let at = 0; at < JOBS; at += 1) {
      const request = { verb: 'start', job: `job${at}`, env: [], wait: true } as const;
      // It is killed meanwhile.
      void (async () => {
        for await (const _ of client.request(request));
      })().catch(() => {});
    }
    await vi.waitFor(() => expect(listed(rig)).toBeGreaterThanOrEqual(forks), {
      timeout: 20_000,
      interval: 1,
    });
    await stop(dead, 'SIGKILL');
    client[Symbol.dispose]();
    await expectNothingLeft(rig);
  },
  60_000,
);
