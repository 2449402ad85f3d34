import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { cacheFolder } from '../../src/host/paths.ts';
import { daemonRig, stop } from '../support/daemon.ts';

const JOB = `spool queue
spool limit 1
domain keep-on-failure 600
image from busybox
image copy $FILE /root/program 0755
guest program
    env WHERE=inside
    exec /root/program
end guest
`;

test('a domain that has failed stays, one can look into it, and its end gives the result', async () => {
  await using rig = daemonRig();
  rig.file('jobs/program.conf', JOB);
  rig.file('jobs/queue/in/bad.sh', '#!/bin/sh\necho secret >/tmp/left\nexit 3\n');
  const daemon = await rig.daemon({ env: { DOMSTART_CACHE: cacheFolder() } });
  const queue = join(rig.folder, 'jobs/queue');
  const spool = async () =>
    JSON.parse((await rig.ask(`domstart spool status ${queue} --json`)).out);
  const domain = await vi.waitFor(
    async () => {
      const [running] = (await spool()).running;
      expect(running).toMatchObject({ name: 'bad.sh', kept: { until: expect.any(Number) } });
      return running.kept.domain as string;
    },
    { timeout: 100_000, interval: 200 },
  );
  const { out } = await rig.ask(`domstart spool status ${queue}`);
  expect(out).toContain(`s are left: domstart domain console ${domain}`);
  expect((await rig.ask('domstart domain list')).out).toMatch(/kept \d+ s/);
  const typed = join(rig.folder, 'typed');
  rig.file('typed', 'cat /tmp/left\necho $WHERE\nif )\necho still here\nexit\n');
  const look = await rig.ask(['domstart', 'domain', 'console', domain], { stdin: typed });
  expect(look).toMatchObject({ status: 0, err: '' });
  expect(look.out).toMatch(/^secret\ninside\n.*syntax error.*\nstill here\n/m);
  // Who leaves its shell needs it no more.
  await vi.waitUntil(() => existsSync(join(queue, 'failed/bad.sh')), { timeout: 60_000 });
  const told = JSON.parse(readFileSync(join(queue, 'failed/bad.sh/run.json'), 'utf8'));
  expect(told).toMatchObject({ status: 3, reason: 'it ended with status 3' });
  expect(told.phases.map(({ phase }: { phase: string }) => phase)).toContain('kept');
  expect((await stop(daemon)).status).toBe(0);
}, 120_000);
