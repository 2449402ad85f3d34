import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createQemu } from '../../src/domain/qemu/hypervisor.ts';
import type { QemuCommand } from '../../src/domain/qemu/process.ts';
import type { Step } from '../../src/domain/simulator/simulator.ts';
import { ensureHost } from '../../src/host/ensure-host.ts';
import type { HostTools } from '../../src/ports/host-tools.ts';
import type { DomainRequest, RunningDomain } from '../../src/ports/hypervisor.ts';
import { startTimeOf } from '../../src/system/proc.ts';
import { describeHypervisor } from '../contract/hypervisor.ts';
import { systemClock } from '../support/system-clock.ts';
import { writeTinyGuest } from '../support/tiny-guest.ts';

const FAKE = join(import.meta.dirname, 'fixtures/fake-qemu');

let tools: HostTools;
let folder: string;

beforeAll(async () => {
  tools = await ensureHost({ signal: AbortSignal.timeout(60_000), onProgress: () => {} });
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'domstart-test-'));
});

afterEach(() => rm(folder, { recursive: true }));

describeHypervisor('QEMU', async () => ({
  hypervisor: createQemu({ qemu: tools.qemu, acceleration: 'tcg', clock: systemClock }),
  image: writeTinyGuest,
}));

async function start(
  steps: readonly Step[],
  options: {
    readonly qemu?: QemuCommand;
    readonly domain?: Partial<DomainRequest['domain']>;
    readonly request?: Partial<DomainRequest>;
  } = {},
): Promise<RunningDomain> {
  const { qemu = tools.qemu, domain, request } = options;
  return createQemu({ qemu, acceleration: 'tcg', clock: systemClock }).create({
    id: 'qemu-1',
    name: 'a, b and "c"',
    domain: {
      image: { source: { kind: 'busybox' }, copies: [], interfaces: [] },
      vifs: [],
      console: { ready: [], fail: [], watch: [] },
      ...domain,
    },
    environment: new Map(),
    image: await writeTinyGuest(folder, steps),
    folder,
    machine: 'fast',
    onConsole: () => {},
    signal: new AbortController().signal,
    ...request,
  });
}

/** A stand-in that behaves like this. */
const fake = (behaviour: string): QemuCommand => ({
  command: FAKE,
  args: [],
  env: { FAKE_QEMU: behaviour },
});

/** Resolves when no such process runs any more. */
async function gone(pid: number): Promise<void> {
  while (startTimeOf(pid) !== undefined) await new Promise((resolve) => setImmediate(resolve));
}

describe('QEMU', () => {
  test('killed by somebody else: failed, and how', async () => {
    const domain = await start([{ do: 'hang' }]);
    process.kill(domain.pid ?? 0, 'SIGKILL');
    expect(await domain.ended).toEqual({
      reason: 'failed',
      detail: 'QEMU was killed by SIGKILL',
    });
  });

  test('told by somebody else to end: failed, and what QEMU said', async () => {
    const domain = await start([{ do: 'hang' }]);
    process.kill(domain.pid ?? 0, 'SIGTERM');
    expect(await domain.ended).toEqual({
      reason: 'failed',
      detail: expect.stringMatching(/terminating on signal 15/),
    });
  });

  test('a guest that halts without powering off has ended', async () => {
    const text = '[    1.234567] reboot: System halted\r\n';
    const domain = await start([{ do: 'print', text }, { do: 'hang' }]);
    expect(await domain.ended).toEqual({ reason: 'poweroff' });
  });

  test('a guest that only says that it halted goes on to its own end', async () => {
    const text = '[    1.234567] reboot: System halted\r\n';
    const domain = await start([
      { do: 'print', text },
      { do: 'work', seconds: 1 },
      { do: 'reboot' },
    ]);
    expect(await domain.ended).toEqual({ reason: 'reboot' });
  });

  test('a guest that writes faster than it is read waits, and can be destroyed', async () => {
    const gates: (() => void)[] = [];
    let read = 0;
    const domain = await start([{ do: 'print-for-ever', text: '0123456789\r\n' }], {
      request: {
        onConsole(bytes) {
          read += bytes.length;
        },
        pace() {
          const { promise, resolve } = Promise.withResolvers<void>();
          gates.push(resolve);
          return promise;
        },
      },
    });
    await expect.poll(() => gates.length, { timeout: 20_000 }).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(read).toBeLessThanOrEqual(65536);
    const before = read;
    gates[0]?.();
    await expect.poll(() => gates.length).toBe(2);
    expect(read).toBeGreaterThan(before);
    domain.destroy();
    expect(await domain.ended).toEqual({ reason: 'destroyed' });
  });

  test('has no name in the file system', async () => {
    const domain = await start([{ do: 'hang' }]);
    expect(await readdir(folder)).toEqual(['qemu.pid', 'tiny-guest']);
    domain.destroy();
    await domain.ended;
  });

  test('has a network where the job asks for one', async () => {
    const domain = await start([{ do: 'poweroff' }], { domain: { vifs: ['', ''] } });
    expect(await domain.ended).toEqual({ reason: 'poweroff' });
  });

  test('dies with us, also when we are killed', async () => {
    const setup = JSON.stringify({ folder, qemu: tools.qemu });
    const owner = spawn(process.execPath, [join(import.meta.dirname, 'fixtures/owner.ts'), setup], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(owner.stdout, 'data');
    const pid = Number(line);
    expect(startTimeOf(pid)).toBeDefined();
    owner.kill('SIGKILL');
    await gone(pid);
  });
});

describe('what is no QEMU', () => {
  test.each([
    [
      'a command that is not there',
      { ...fake(''), command: '/no/such/qemu' },
      'host-incapable',
      /no such/i,
    ],
    ['one that refuses its arguments', fake('exits'), 'boot-failed', /unknown option: -nodefaults/],
    ['one that says something else', fake('garbage'), 'boot-failed', /this is not QMP/],
    ['one that aborts', fake('aborts'), 'boot-failed', /failed to set an MSR/],
  ])('%s', async (_, qemu, code, message) => {
    await expect(start([], { qemu })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});
