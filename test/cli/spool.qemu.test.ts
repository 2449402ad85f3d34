import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test, vi } from 'vitest';
import { cacheFolder } from '../../src/host/paths.ts';
import { daemonRig, stop } from '../support/daemon.ts';

test('jobs/spool.conf runs each dropped program in a domain, and its result appears', async () => {
  await using rig = daemonRig();
  const text = readFileSync(resolve('jobs/spool.conf'), 'utf8');
  rig.file('jobs/spool.conf', text.replaceAll('/srv/domstart', rig.folder));
  rig.file('spool/in/good.sh', '#!/bin/sh\necho "I am $$"\necho 42 >/root/result/answer\n');
  rig.file('spool/in/bad.sh', '#!/bin/sh\nexit 3\n');
  const daemon = await rig.daemon({ env: { DOMSTART_CACHE: cacheFolder() } });
  const at = (name: string) => join(rig.folder, 'spool', name);
  await vi.waitUntil(() => existsSync(at('done/good.sh')) && existsSync(at('failed/bad.sh')), {
    timeout: 100_000,
    interval: 50,
  });
  expect(readFileSync(at('done/good.sh/console.log'), 'utf8')).toMatch(/^I am \d+\n/);
  expect(readFileSync(at('done/good.sh/output/root/result/answer'), 'utf8')).toBe('42\n');
  const told = JSON.parse(readFileSync(at('failed/bad.sh/run.json'), 'utf8'));
  expect(told).toMatchObject({ status: 3, reason: 'it ended with status 3', attempt: 1 });
  expect(told.phases.map(({ phase }: { phase: string }) => phase)).toContain('boot');
  expect((await stop(daemon)).status).toBe(0);
}, 120_000);
