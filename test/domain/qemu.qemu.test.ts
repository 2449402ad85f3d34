import { beforeAll } from 'vitest';
import { createQemu } from '../../src/domain/qemu/hypervisor.ts';
import { ensureHost } from '../../src/host/ensure-host.ts';
import type { HostTools } from '../../src/ports/host-tools.ts';
import { describeHypervisor } from '../contract/hypervisor.ts';
import { systemClock } from '../support/system-clock.ts';
import { writeTinyGuest } from '../support/tiny-guest.ts';

let tools: HostTools;

beforeAll(async () => {
  tools = await ensureHost({ signal: AbortSignal.timeout(60_000), onProgress: () => {} });
});

describeHypervisor('QEMU', async () => ({
  hypervisor: createQemu({ qemu: tools.qemu, acceleration: 'tcg', clock: systemClock }),
  image: writeTinyGuest,
}));
