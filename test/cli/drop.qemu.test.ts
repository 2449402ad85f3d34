import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test, vi } from 'vitest';
import { cacheFolder } from '../../src/host/paths.ts';
import { daemonRig, stop } from '../support/daemon.ts';

test('jobs/drop.conf runs each dropped program in a domain, and its companion puts it away', async () => {
  await using rig = daemonRig();
  for (const name of ['drop.conf', 'drop-done.conf']) {
    const text = readFileSync(resolve('jobs', name), 'utf8');
    rig.file(`jobs/${name}`, text.replaceAll('/srv/domstart', rig.folder));
  }
  rig.file('in/good.sh', '#!/bin/sh\necho "I am $$"\n');
  rig.file('in/bad.sh', '#!/bin/sh\nexit 3\n');
  const daemon = await rig.daemon({ env: { DOMSTART_CACHE: cacheFolder() } });
  const put = (name: string) => existsSync(join(rig.folder, name));
  await vi.waitFor(
    () => expect([put('done/good.sh'), put('failed/bad.sh')]).toEqual([true, true]),
    {
      timeout: 100_000,
      interval: 50,
    },
  );
  const { out } = await rig.ask(['domstart', 'console', 'drop', join(rig.folder, 'in/good.sh')]);
  expect(out).toMatch(/^I am \d+\n/);
  expect(put('in/good.sh')).toBe(false);
  expect((await stop(daemon)).status).toBe(0);
}, 120_000);
