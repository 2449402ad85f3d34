import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createImageBuilder } from '../../src/image/image-builder.ts';
import type { DomainSpec, ImageCopy } from '../../src/model/domain.ts';
import type { ImageRequest } from '../../src/ports/images.ts';

let folder: string;
let runs: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-image-'));
  runs = 0;
  writeFileSync(join(folder, 'busybox'), '#!/bin/sh\necho bin/sh\necho sbin/ifup\n');
  chmodSync(join(folder, 'busybox'), 0o755);
  mkdirSync(join(folder, 'src/below'), { recursive: true });
  writeFileSync(join(folder, 'src/load.sh'), 'echo the program\n', { mode: 0o640 });
  writeFileSync(join(folder, 'src/below/deep'), 'deep content');
  symlinkSync('/etc/shadow', join(folder, 'src/link'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const kernel = { version: '6.1', bzImage: '/k/bz', vmlinux: '/k/vm', modulesFolder: '/k/modules' };

function builder() {
  return createImageBuilder({
    tools: {
      kernel,
      qemu: { command: 'qemu', args: [], env: {}, version: '7' },
      busybox: { path: join(folder, 'busybox'), version: '1.35' },
    },
    cache: join(folder, 'cache'),
    compileGuest: ({ token }) => [{ kind: 'file', path: '/init', mode: 0o755, content: token }],
  });
}

function request(copies: readonly ImageCopy[], domain: Partial<DomainSpec> = {}): ImageRequest {
  const run = join(folder, `run${runs++}`);
  mkdirSync(run);
  return {
    domain: {
      image: { source: { kind: 'busybox' }, copies, interfaces: [] },
      vifs: [],
      console: { ready: [], fail: [], watch: [] },
      ...domain,
    },
    environment: new Map([
      ['FILE', 'load.sh'],
      ['EMPTY', ''],
    ]),
    jobFile: join(folder, 'src/a.conf'),
    folder: run,
    token: 'TOKEN',
    signal: new AbortController().signal,
    onProgress: () => {},
  };
}

async function built(copies: readonly ImageCopy[]) {
  const image = await builder().build(request(copies));
  return readFileSync(image.initrd);
}

describe('a busybox image', () => {
  it('is the base with the files of the run behind it, the same bytes each time', async () => {
    const copies = [{ source: '$FILE', target: '/root/load.sh', mode: 0o755 }];
    const first = await builder().build(request(copies));
    const second = await builder().build(request(copies));
    expect(first.cached).toBe(false);
    expect(second).toMatchObject({ cached: true, kernel: '/k/vm', conservativeKernel: '/k/bz' });
    const bytes = readFileSync(second.initrd);
    expect(readFileSync(first.initrd).equals(bytes)).toBe(true);
    const text = bytes.toString('latin1');
    expect(text.split('TRAILER!!!')).toHaveLength(3);
    expect(text.split('TRAILER!!!')[1]).toContain('echo the program');
  });

  it('has the mode that the stanza says, else that of the file', async () => {
    const modeOf = async (mode?: number) => {
      const copy = { source: 'load.sh', target: '/x', ...(mode === undefined ? {} : { mode }) };
      const text = (await built([copy])).toString('latin1');
      const at = text.lastIndexOf('070701', text.indexOf('echo the program'));
      return Number.parseInt(text.slice(at + 14, at + 22), 16) & 0o7777;
    };
    expect(await modeOf()).toBe(0o640);
    expect(await modeOf(0o4755)).toBe(0o4755);
  });

  it('takes folders with all that is in them, and links as links', async () => {
    const text = (await built([{ source: '../src', target: '/opt/' }])).toString('latin1');
    for (const name of ['opt\0', 'opt/src\0', 'opt/src/below/deep\0', 'opt/src/link\0']) {
      expect(text).toContain(name);
    }
    expect(text).toContain('deep content');
    expect(text).toContain('/etc/shadow');
    expect(text).not.toContain('root:*');
  });

  it.each<[string, string, ImageCopy, Partial<DomainSpec>]>([
    ['file-missing', 'a file that does not exist', { source: 'none', target: '/x' }, {}],
    ['file-missing', 'a device', { source: '/dev/zero', target: '/x' }, {}],
    ['file-missing', 'an empty name', { source: '$EMPTY', target: '/x' }, {}],
    ['variable-missing', 'a variable that is not set', { source: '$NONE', target: '/x' }, {}],
    ['job-invalid', 'a relative target', { source: 'load.sh', target: 'x' }, {}],
    [
      'not-supported',
      'more than fits into memory',
      { source: 'load.sh', target: '/x' },
      { memory: 0 },
    ],
    [
      'file-missing',
      'a kernel that does not exist',
      { source: 'load.sh', target: '/x' },
      { kernel: '/none' },
    ],
    [
      'not-supported',
      'a ramdisk of its own',
      { source: 'load.sh', target: '/x' },
      { ramdisk: '/r' },
    ],
  ])('is refused with %s for %s', async (code, _what, copy, domain) => {
    await expect(builder().build(request([copy], domain))).rejects.toMatchObject({
      code,
      hint: expect.stringMatching(/./),
    });
  });

  it('is the only kind that this version builds', async () => {
    const image = { source: { kind: 'tar', path: '/x' }, copies: [], interfaces: [] } as const;
    await expect(builder().build(request([], { image }))).rejects.toMatchObject({
      code: 'not-supported',
      message: expect.stringContaining('busybox images only'),
    });
  });

  it('is not built once it was cancelled', async () => {
    const cancelled = { ...request([]), signal: AbortSignal.abort() };
    await expect(builder().build(cancelled)).rejects.toMatchObject({ code: 'cancelled' });
  });
});
