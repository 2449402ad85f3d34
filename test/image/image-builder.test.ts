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
      busybox: { path: join(folder, 'busybox'), version: '1.35' },
    },
    cache: join(folder, 'cache'),
    compileGuest: ({ token }) => ({
      initramfs: [{ kind: 'file', path: '/init', mode: 0o755, content: token }],
      inside: [],
    }),
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

  describe('copies that the guest would not see are refused, naming both', () => {
    it.each<[string, string[], RegExp]>([
      ['below what is mounted over', ['load.sh /dev/x'], /mounts its own \/dev over \/dev\/x/],
      ['onto what is mounted over', ['load.sh /proc'], /mounts its own \/proc over \/proc/],
      [
        'a file in a file',
        ['load.sh /root/a', 'below/deep /root/a/b'],
        /`image copy below\/deep \/root\/a\/b`: .* which is a file by `image copy load.sh \/root\/a`/,
      ],
      [
        'a file in a file, the other way round',
        ['below/deep /root/a/b', 'load.sh /root/a'],
        /\/root\/a would be a file and is a folder by `image copy below\/deep \/root\/a\/b`/,
      ],
      [
        'a file onto a folder',
        ['load.sh /etc'],
        /\/etc would be a file and is a folder by the image/,
      ],
      [
        'a folder onto a file',
        ['below /etc/passwd'],
        /\/etc\/passwd would be a folder and is a file/,
      ],
      ['what runs the guest', ['load.sh /init'], /\/init is what ends or runs the guest/],
    ])('%s', async (_, stanzas, message) => {
      const copies = stanzas.map((text) => {
        const [source = '', target = ''] = text.split(' ');
        return { source, target };
      });
      await expect(built(copies)).rejects.toMatchObject({
        code: 'job-invalid',
        message: expect.stringMatching(message),
      });
    });

    it('but a copy may take the place of a file of the image, and of an earlier copy', async () => {
      const text = (
        await built([
          { source: 'load.sh', target: '/etc/passwd' },
          { source: 'below', target: '/etc/network' },
          { source: 'below/deep', target: '/etc/passwd' },
        ])
      ).toString('latin1');
      expect(text).toContain('etc/network/deep\0');
    });
  });

  it('has no folder where the job gives the mode of a file', async () => {
    await expect(built([{ source: 'below', target: '/x', mode: 0o755 }])).rejects.toMatchObject({
      code: 'file-missing',
      message: `${join(folder, 'src/below')} is a folder, and \`image copy below /x\` has the mode of a file`,
    });
  });

  it('has whole files of the kernel, which have no size', async () => {
    const text = (await built([{ source: '/proc/self/status', target: '/x' }])).toString('latin1');
    expect(text).toContain('VmRSS:');
  });

  it('has no files without an end', async () => {
    // A gigabyte of zeros for each megabyte of us: there is no need to come to its end.
    const copy = { source: '/proc/self/pagemap', target: '/x' };
    await expect(builder().build(request([copy], { memory: 1 }))).rejects.toMatchObject({
      code: 'not-supported',
      message: expect.stringContaining('do not fit'),
    });
  });

  it('is refused where memory cannot hold it twice, before anything boots', async () => {
    writeFileSync(join(folder, 'src/large'), Buffer.alloc(6 * 2 ** 20));
    const copy = { source: 'large', target: '/large' };
    await expect(builder().build(request([copy], { memory: 10 }))).rejects.toMatchObject({
      code: 'not-supported',
      message: 'an image of 6 MiB does not boot in 10 MiB of memory, which has to hold it twice',
      hint: expect.stringContaining('domain memory'),
    });
  });

  it('that cannot be written says where', async () => {
    const full = request([]);
    symlinkSync('/dev/full', join(full.folder, 'initrd.cpio'));
    await expect(builder().build(full)).rejects.toMatchObject({
      code: 'host-io',
      message: expect.stringMatching(/^cannot write the image .*initrd\.cpio: E[A-Z]+: /),
    });
  });

  it('boots no file that is no kernel', async () => {
    await expect(builder().build(request([], { kernel: 'load.sh' }))).rejects.toMatchObject({
      code: 'file-missing',
      message: `${join(folder, 'src/load.sh')}, the file of \`domain kernel load.sh\`, is no kernel`,
    });
    writeFileSync(join(folder, 'src/vmlinux'), '\x7fELF');
    const image = await builder().build(request([], { kernel: 'vmlinux' }));
    expect(image.kernel).toBe(join(folder, 'src/vmlinux'));
  });

  it('is not built once it was cancelled', async () => {
    const cancelled = { ...request([]), signal: AbortSignal.abort() };
    await expect(builder().build(cancelled)).rejects.toMatchObject({ code: 'cancelled' });
  });
});
