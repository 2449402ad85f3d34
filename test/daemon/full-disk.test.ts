import { mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { daemonRig, stop } from '../support/daemon.ts';
import { apart } from '../support/domstart.ts';

/** Runs what follows with a disk of two megabytes at its first word, which nobody else sees. */
const SMALL_DISK = 'mount -t tmpfs -o size=2m,mode=700 domstart "$0" && exec "$@"';

test('a full disk under logs, trace and the list of processes: jobs go on, and it is told', async () => {
  await using rig = daemonRig();
  const disk = join(rig.folder, 'disk');
  mkdirSync(disk, { mode: 0o700 });
  rig.file(
    'jobs/talk.conf',
    `script
  trap 'exit 0' TERM
  n=0
  while [ ! -e ${rig.folder}/enough ]; do echo line $n; n=$((n + 1)); sleep 0.01; done
  echo the last line
  while :; do sleep 0.1; done
end script
`,
  );
  rig.file('jobs/task.conf', 'task\nexec true\n');
  const daemon = rig.spawn({
    within: [...apart('mount'), 'sh', '-ec', SMALL_DISK, disk],
    args: ['--logdir', `${disk}/log`, '--trace', `${disk}/trace`, '--socket', `${disk}/control`],
  });
  const inside = (name: string) => `/proc/${daemon.child.pid}/root${disk}/${name}`;
  const there = { env: { DOMSTART_SOCKET: inside('control') } };

  await daemon.said('serves the jobs of');
  expect((await rig.ask('initctl start talk', there)).status).toBe(0);
  await vi.waitFor(
    () => expect(readFileSync(inside('log/talk.log'), 'utf8')).toContain('line 3'),
    20_000,
  );
  const { bavail, bsize } = statfsSync(inside(''));
  writeFileSync(inside('ballast'), Buffer.alloc(bavail * bsize));

  await daemon.said('ENOSPC');
  for (let times = 0; times < 3; times += 1) {
    expect(await rig.ask('initctl start task', there)).toMatchObject({ status: 0, err: '' });
  }
  expect((await rig.ask('initctl restart talk', there)).status).toBe(0);

  rmSync(inside('ballast'));
  rig.file('enough', '');
  await vi.waitFor(
    () => expect(readFileSync(inside('log/talk.log'), 'utf8')).toContain('the last line'),
    { timeout: 20_000, interval: 100 },
  );
  expect((await rig.ask('initctl start task', there)).status).toBe(0);
  const log = readFileSync(inside('log/talk.log'), 'utf8');
  // Nothing was lost: the numbers of each of the two runs follow each other.
  const numbers = [...log.matchAll(/^line (\d+)\r?$/gm)].map(([, n]) => Number(n));
  const starts = numbers.filter((n) => n === 0).length;
  expect(starts).toBe(2);
  expect(numbers.every((n, at) => n === 0 || n === (numbers[at - 1] ?? -1) + 1)).toBe(true);
  const trace = readFileSync(inside('trace'), 'utf8').trim().split('\n');
  expect(trace.length).toBeGreaterThan(50);
  for (const line of trace) JSON.parse(line);
  const list = readFileSync(inside('control.processes'), 'utf8');
  const { out } = await rig.ask('initctl status talk', there);
  expect(list).toContain(`+${/process (\d+)/.exec(out)?.[1]} `);
  const { status, err } = await stop(daemon);
  expect(status).toBe(0);
  expect(err.match(/cannot write the logs/g)?.length).toBeLessThanOrEqual(2);
});
