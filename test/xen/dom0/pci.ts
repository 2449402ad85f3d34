import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createXen } from '../../../src/domain/xen/hypervisor.ts';
import { findXenTools } from '../../../src/domain/xen/tools.ts';
import { toXenConfig } from '../../../src/language/xen/to-config.ts';
import { xenRequest } from '../../domain/xen/xen-request.ts';
import { systemClock } from '../../support/system-clock.ts';
import { hostState, xl } from './xl.ts';

/** One of Dom0's own, which nobody has taken from its driver. */
const [present = ''] = readdirSync('/sys/bus/pci/devices').sort().slice(-1);

test('this machine passes PCI devices through', async () => {
  expect(await xl('info')).toMatch(/^virt_caps .*\bpv_directio\b/m);
});

test.each<[string, string, 'pv' | 'pvh', RegExp]>([
  ['a device that its driver has', present, 'pv', /its PCI device \S+ is not free to be passed/],
  ['a device that is not there', '99:00.0', 'pv', /its PCI device 99:0\.0 is .* or not there$/],
  ['a device for a PVH guest', present, 'pvh', /no PCI devices through to a PVH guest$/],
])('%s is one clear error, and no domain', async (_, device, type, message) => {
  const before = await hostState();
  const folder = await mkdtemp(join(tmpdir(), 'domstart-test-'));
  const xen = createXen({ tools: findXenTools(), clock: systemClock, printConfig: toXenConfig });
  const kernel = `/guest/hello-${type}`;
  const files = { kernel, conservativeKernel: kernel, initrd: '/etc/hostname' };
  const request = xenRequest(
    { memory: 32, type, pci: [device] },
    { id: 'pci-00000001', folder, image: { ...files, cached: true, description: '' } },
  );
  await expect(xen.create(request)).rejects.toMatchObject({
    ...{ code: 'host-incapable', message: expect.stringMatching(message) },
    hint: expect.any(String),
  });
  await rm(folder, { recursive: true });
  expect(await hostState()).toEqual(before);
});
