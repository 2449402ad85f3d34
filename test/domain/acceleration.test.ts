import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { proveAcceleration } from '../../src/domain/qemu/acceleration.ts';
import { ManualClock } from '../support/manual-clock.ts';

const FAKE = join(import.meta.dirname, 'fixtures/fake-qemu');

let folder: string;
let device: string;
let clock: ManualClock;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'domstart-test-'));
  device = join(folder, 'kvm');
  await writeFile(device, '');
  clock = new ManualClock();
});

afterEach(() => rm(folder, { recursive: true }));

function prove(behaviour: string, signal = new AbortController().signal) {
  return proveAcceleration({
    qemu: { command: FAKE, args: [], env: { FAKE_QEMU: behaviour }, version: '9.9' },
    kernel: '/c/vmlinux',
    cacheFolder: join(folder, 'cache'),
    clock,
    signal,
    device,
  });
}

describe('acceleration', () => {
  test('a kernel that comes to its panic about the root is the proof; it is kept', async () => {
    expect(await prove('boots')).toMatchObject({ kind: 'kvm', cached: false });
    expect(await prove('aborts')).toMatchObject({ kind: 'kvm', cached: true });
  });

  test('another kernel of the host, another QEMU, another boot ask again', async () => {
    await prove('boots');
    const file = join(folder, 'cache/acceleration.json');
    const record = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...record, key: `${record.key} of yesterday` }));
    expect(await prove('aborts')).toMatchObject({ kind: 'tcg', cached: false });
  });

  test('a verdict that cannot be kept leaves nothing in the cache', async () => {
    await mkdir(join(folder, 'cache/acceleration.json/in-the-way'), { recursive: true });
    expect(await prove('boots')).toMatchObject({ kind: 'kvm', cached: false });
    expect(await readdir(join(folder, 'cache'))).toEqual(['acceleration.json']);
  });

  test('QEMU aborts: emulation, and what it said', async () => {
    const proof = await prove('aborts');
    expect(proof).toMatchObject({ kind: 'tcg', cached: false });
    expect(proof.reason).toMatch(/guests do not run under it: failed to set an MSR$/);
    expect(proof.hint).toContain('nested virtualisation');
  });

  test('a guest that hangs is ended at the limit', async () => {
    const proof = prove('hangs');
    while (clock.armed === 0) await new Promise((resolve) => setImmediate(resolve));
    clock.turn(3000);
    expect(await proof).toMatchObject({ kind: 'tcg', reason: expect.stringMatching(/hung$/) });
    expect(await prove('boots')).toMatchObject({ kind: 'tcg', cached: true });
  });

  test('cancelled: nothing is kept', async () => {
    const stop = new AbortController();
    const proof = prove('hangs', stop.signal);
    while (clock.armed === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await expect(proof).rejects.toMatchObject({ code: 'cancelled' });
    expect(await prove('boots')).toMatchObject({ kind: 'kvm', cached: false });
  });

  test('no device: nothing is started', async () => {
    await rm(device);
    expect(await prove('boots')).toMatchObject({
      kind: 'tcg',
      reason: expect.stringContaining('is not there'),
      cached: false,
    });
  });

  test('a device that we may not use', async () => {
    device = join(device, 'below a file');
    const proof = await prove('boots');
    expect(proof).toMatchObject({ kind: 'tcg', hint: expect.stringContaining('group kvm') });
  });

  test('a record that is damaged is no answer', async () => {
    await prove('boots');
    await writeFile(join(folder, 'cache/acceleration.json'), '{"key":');
    expect(await prove('aborts')).toMatchObject({ kind: 'tcg', cached: false });
  });
});
