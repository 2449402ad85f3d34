import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Finding, inspectHost } from '../../src/host/inspect-host.ts';
import { findKernel } from '../../src/host/kernel.ts';

let cache: string;
let folder: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'domstart-kernel-'));
  folder = join(cache, 'packages/linux-image-6.1.0-1-cloud-amd64_6.1.2_amd64');
  mkdirSync(join(folder, 'boot'), { recursive: true });
  mkdirSync(join(folder, 'lib/modules/6.1'), { recursive: true });
  writeFileSync(join(folder, 'boot/vmlinuz-6.1'), 'bz');
});
afterEach(() => rmSync(cache, { recursive: true }));

/** An ELF header that names no sections. */
function writeWholeKernel(): void {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  writeFileSync(join(folder, 'vmlinux'), header);
}

describe('a kernel in the cache', () => {
  it('is found where it is whole', async () => {
    writeWholeKernel();
    expect(await findKernel(cache)).toMatchObject({ version: '6.1' });
  });

  it('that was cut short is not found, and not touched', async () => {
    writeFileSync(join(folder, 'vmlinux'), '\x7fELF');
    expect(await findKernel(cache)).toBeUndefined();
    // It is there for who looks again.
    writeFileSync(join(folder, 'vmlinux'), '');
    expect(await findKernel(cache)).toBeUndefined();
  });

  it('that cannot be read is an error, and not a kernel that is missing', async () => {
    mkdirSync(join(folder, 'vmlinux'));
    await expect(findKernel(cache)).rejects.toMatchObject({
      code: 'host-io',
      message: expect.stringMatching(
        /^cannot read the kernel in .*cloud-amd64_6.1.2_amd64: EISDIR/,
      ),
    });
  });
});

it('doctor needs a cache to write to only where something is missing from it', async () => {
  writeWholeKernel();
  const busybox = join(cache, 'packages/busybox-static_1.35_amd64/bin');
  mkdirSync(busybox, { recursive: true });
  writeFileSync(join(busybox, 'busybox'), '');
  const findings: Finding[] = [];
  for await (const finding of inspectHost({ cache, run: cache })) findings.push(finding);
  const named = (name: string) => findings.find((one) => one.name === name);
  expect([named('kernel')?.ok, named('busybox')?.ok]).toEqual([true, true]);
  expect(named('cache')?.needed).toBe(!named('qemu')?.ok);
});
