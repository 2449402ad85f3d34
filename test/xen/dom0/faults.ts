import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createXen, type XenOptions } from '../../../src/domain/xen/hypervisor.ts';
import { uuidOfRun } from '../../../src/domain/xen/identity.ts';
import { destroyLeftDomains } from '../../../src/domain/xen/left-overs.ts';
import { findXenTools } from '../../../src/domain/xen/tools.ts';
import { toXenConfig } from '../../../src/language/xen/to-config.ts';
import type { DomainSpec } from '../../../src/model/domain.ts';
import type { DomainRequest, RunningDomain } from '../../../src/ports/hypervisor.ts';
import type { BuiltImage } from '../../../src/ports/images.ts';
import { xenRequest } from '../../domain/xen/xen-request.ts';
import { systemClock } from '../../support/system-clock.ts';
import { hostState, xl } from './xl.ts';

/** GRUB as a guest: prints GUEST-START, ticks for three seconds, prints GUEST-END, halts. */
const GRUB = '/guest/hello-pv';

/** The same, and it stays for a minute. */
const LONG = '/tmp/long-pv';
const LONG_SCRIPT = 'echo GUEST-START\nsleep 60\nhalt\n';

const long = imageOf(LONG);

let folder: string;
let printed: string;
let onText: () => void;
let before: Record<string, string>;
let number = 0;

beforeAll(async () => {
  const making = spawn('mkgrub', ['pv', LONG], { stdio: ['pipe', 'ignore', 'inherit'] });
  making.stdin.end(LONG_SCRIPT);
  await once(making, 'exit');
  before = await hostState();
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'domstart-test-'));
  printed = '';
  onText = () => {};
});

afterEach(() => rm(folder, { recursive: true }));

afterAll(async () => {
  expect(await hostState()).toEqual(before);
});

async function create(
  domain: Partial<DomainSpec> = {},
  request: Partial<DomainRequest> = {},
  options: Partial<XenOptions> = {},
): Promise<RunningDomain> {
  number += 1;
  const tools = findXenTools();
  const xen = createXen({ tools, clock: systemClock, printConfig: toXenConfig, ...options });
  return xen.create(
    xenRequest(
      { memory: 32, ...domain },
      {
        ...{ id: idOf(number), folder, image: imageOf(GRUB) },
        onConsole(bytes) {
          printed += Buffer.from(bytes).toString('latin1');
          onText();
        },
        ...request,
      },
    ),
  );
}

function imageOf(kernel: string): BuiltImage {
  const initrd = '/etc/hostname';
  return { kernel, conservativeKernel: kernel, initrd, cached: true, description: '' };
}

const idOf = (which: number) => `fault-${String(which).padStart(8, '0')}`;

function seen(text: string): Promise<void> {
  return new Promise((resolve) => {
    onText = () => printed.includes(text) && resolve();
    onText();
  });
}

/** The number of a run's domain. */
async function domidOf(id: string): Promise<string> {
  const list = await xl('vm-list');
  return new RegExp(`^${uuidOfRun(id)}\\s+(\\d+)`, 'm').exec(list)?.[1] ?? '';
}

/** The processes of Xen's programs that we run for a domain. */
function pidsOf(pattern: RegExp): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return pattern.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
      } catch {
        return false;
      }
    })
    .map(Number);
}

describe('a domain that cannot be created is one clear error', () => {
  test.each<[string, Partial<DomainSpec>, Partial<DomainRequest>, string, RegExp]>([
    [
      'no such kernel',
      {},
      { image: imageOf('/no/kernel') },
      'file-missing',
      /^cannot create domain job: it boots from \/no\/kernel: No such file or directory$/,
    ],
    [
      'no kernel',
      {},
      { image: imageOf('/etc/hosts') },
      'boot-failed',
      /its kernel is none that Xen can boot/,
    ],
    [
      'a name in use',
      { name: 'Domain-1' },
      { name: 'Domain-1' },
      'boot-failed',
      /there is a domain of the name Domain-1 already/,
    ],
    [
      'too little memory',
      { memory: 4000 },
      {},
      'boot-failed',
      /it wants 4000 MiB, and Xen has \d+ MiB free$/,
    ],
    [
      'no such disk',
      { disks: ['format=raw,vdev=xvda,access=rw,target=/no/disk'] },
      {},
      'file-missing',
      /its disk xvda: \/no\/disk: No such file or directory$/,
    ],
    ['no PCI', { pci: ['03:00.0'] }, {}, 'host-incapable', /cannot pass PCI devices through/],
    [
      'a key that xl does not take',
      { settings: [{ key: 'tsc_mode', value: 'frob' }] },
      {},
      'boot-failed',
      /xl failed: .*frob/,
    ],
  ])('%s', async (_, domain, request, code, message) => {
    const other = domain.name === undefined ? undefined : await create(domain, request);
    await expect(create(domain, request)).rejects.toMatchObject({
      ...{ code, message: expect.stringMatching(message) },
      hint: expect.any(String),
    });
    other?.destroy();
    await other?.ended;
  });

  test('a hotplug script that fails', async () => {
    await once(spawn('modprobe', ['-a', 'xen-netback', 'bridge']), 'exit');
    await expect(create({ vifs: ['bridge=nobr0'] })).rejects.toMatchObject({
      code: 'host-incapable',
      message: expect.stringMatching(/script .*vif-bridge failed with status \d+/),
    });
  });

  test('an xl that hangs', async () => {
    const hanging = join(folder, 'xl');
    await writeFile(hanging, '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
    const tools = { ...findXenTools(), xl: hanging };
    const limits = { callLimit: 300, createLimit: 300 };
    await expect(create({}, {}, { tools, ...limits })).rejects.toMatchObject({
      message: 'cannot create domain job: xl did not answer in time',
    });
    expect(pidsOf(/^sleep 1000 /)).toEqual([]);
  });
});

describe('what others do to a domain', () => {
  test('destroy it', async () => {
    const domain = await create({}, { image: long });
    await seen('GUEST-START');
    await xl('destroy', await domidOf(idOf(number)));
    expect(await domain.ended).toEqual({ reason: 'destroyed' });
  });

  test('rename it: it is ours still', async () => {
    const domain = await create({}, { image: long });
    await seen('GUEST-START');
    await xl('rename', await domidOf(idOf(number)), 'theirs');
    expect(await xl('list')).toMatch(/^theirs /m);
    domain.destroy();
    expect(await domain.ended).toEqual({ reason: 'destroyed' });
    expect(await xl('list')).not.toMatch(/^theirs /m);
  });

  test('pause it, and go on', async () => {
    const domain = await create();
    await seen('GUEST-START');
    await xl('pause', await domidOf(idOf(number)));
    await xl('unpause', await domidOf(idOf(number)));
    expect(await domain.ended).toEqual({ reason: 'poweroff' });
    expect(printed).toContain('GUEST-END');
  });

  test('kill the xl that watches it: failed, and the domain is gone', async () => {
    const domain = await create({}, { image: long });
    await seen('GUEST-START');
    process.kill(domain.pid ?? 0, 'SIGKILL');
    expect(await domain.ended).toEqual({
      reason: 'failed',
      detail: 'xl, which watched it, was killed by SIGKILL',
    });
    expect(await domidOf(idOf(number))).toBe('');
  });

  test('kill what reads its console: another one goes on', async () => {
    const domain = await create();
    await seen('GUEST-START');
    for (const pid of pidsOf(/\/xenconsole \d+ $/)) process.kill(pid, 'SIGKILL');
    expect(await domain.ended).toEqual({ reason: 'poweroff' });
    expect(printed).toMatch(/GUEST-START[\s\S]*GUEST-TICK 3[\s\S]*GUEST-END/);
  });
});

test('a domain that does not hear `xl shutdown` is destroyed, and the call is given up', async () => {
  const domain = await create({}, { image: long });
  await seen('GUEST-START');
  domain.shutdown();
  domain.shutdown();
  domain.destroy();
  expect(await domain.ended).toEqual({ reason: 'destroyed' });
  expect(pidsOf(/xl shutdown/)).toEqual([]);
});

test('a domain whose creation is aborted is none', async () => {
  const stop = new AbortController();
  const creating = create({}, { signal: stop.signal });
  await expect.poll(() => pidsOf(/xl create/).length, { timeout: 10_000 }).toBe(1);
  stop.abort();
  const domain = await creating.catch((error) => error);
  expect(domain.code ?? (await domain.ended).reason).toMatch(/cancelled|destroyed/);
  expect(await domidOf(idOf(number))).toBe('');
});

test('what a dead owner left is destroyed, under whatever name; others are not touched', async () => {
  const theirs = join(folder, 'theirs.cfg');
  const text = `name = "fault-theirs"\ntype = "pv"\nkernel = "${GRUB}"\nmemory = 32\n`;
  await writeFile(theirs, text);
  await mkdir(join(folder, 'run'));
  await xl('create', '-p', theirs);
  const ours = join(folder, 'ours.cfg');
  await writeFile(ours, `${text.replace('theirs', 'ours')}uuid = "${uuidOfRun('dead-1')}"\n`);
  await xl('create', '-p', ours);
  await xl('rename', 'fault-ours', 'renamed');
  await destroyLeftDomains(['dead-1', 'dead-2'], systemClock);
  const list = await xl('list');
  expect(list).toMatch(/^fault-theirs /m);
  expect(list).not.toMatch(/^(renamed|fault-ours) /m);
  await xl('destroy', 'fault-theirs');
});
