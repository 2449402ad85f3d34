import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeSmallRoot } from '../../support/small-root.ts';
import {
  buildJob,
  isAble,
  leftIn,
  listImage,
  loopFiles,
  mountedFolder,
  mountsAnywhere,
  startBuild,
} from './mount-rig.ts';

let above: string;
let root: string;
let victim: string;
let folder: string;
let cache: string;
let file: string;

beforeAll(async () => {
  above = mkdtempSync(join(tmpdir(), 'domstart-mount-root-'));
  root = join(above, 'root');
  victim = join(above, 'victim');
  mkdirSync(victim);
  await makeSmallRoot(root);
  for (const name of ['usr/sbin', 'etc/init']) mkdirSync(join(root, name), { recursive: true });
  writeFileSync(join(root, 'etc/init/tty1.conf'), 'start on startup\nexec getty\n');
  symlinkSync('/bin/busybox', join(root, 'usr/bin/env'));
  linkSync(join(root, 'etc/passwd'), join(root, 'etc/same'));
  chmodSync(join(root, 'bin/busybox'), 0o4755);
  execFileSync('mknod', [join(root, 'dev/console'), 'c', '5', '1']);
  // To a guest these are a folder of its own and a file that is not there.
  mkdirSync(join(root, victim), { recursive: true });
  symlinkSync(victim, join(root, 'srv'));
  symlinkSync(join(victim, 'hosts'), join(root, 'etc/hosts'));
  execFileSync('tar', ['-C', root, '-cf', join(above, 'root.tar'), '.']);
});
afterAll(() => rmSync(above, { recursive: true, force: true }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-mount-'));
  cache = join(folder, 'cache');
  file = join(folder, 'one.conf');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function jobText(more = ''): string {
  return `image from directory ${root}
image size 32M
image hosts 10.0.0.1 dom0
image user worker sudo
image copy ${join(root, 'etc/group')} /srv/deep/group 0600
guest init init
guest one
    start on startup
    exec true
end guest
${more}
`;
}

function nothingIsMounted(): void {
  expect(mountsAnywhere()).not.toContain(folder);
  expect(loopFiles()).not.toContain(folder);
}

describe.runIf(isAble)('an image made by a mount', () => {
  it.each([
    ['ext3', 'directory'],
    ['ext4', 'directory'],
    ['ext4', 'tar'],
  ])('holds what the other road makes: %s of a %s', async (filesystem, kind) => {
    const source = kind === 'tar' ? `tar ${root}.tar` : `directory ${root}`;
    const script = 'image script\necho made > /made; ln /made /twice; id -u >> /made\nend script';
    const text = jobText(`image filesystem ${filesystem}\n${script}`).replace(
      /^.*/,
      `image from ${source}`,
    );
    const build = { cache, file, text };
    const told: string[] = [];
    const mounted = await buildJob({ ...build, onProgress: (line) => told.push(line) });
    const written = await buildJob({ ...build, road: 'build' });
    expect(mounted.disk).not.toBe(written.disk);
    const [one, other] = [listImage(mounted.disk), listImage(written.disk)];
    expect(one).toEqual(other);
    expect(one.length).toBeGreaterThan(60);
    expect(one.some((line) => line.startsWith('etc/fstab|f|'))).toBe(true);
    expect(told).toContain('mounts it');
    expect(readdirSync(victim)).toEqual([]);
    expect(leftIn(cache)).toEqual([]);
    nothingIsMounted();
  });

  it('is found again, and used by runs, until what it is made of changes', async () => {
    const build = { cache, file, text: jobText() };
    const first = await buildJob(build);
    expect(first.cached).toBe(false);
    const manifest = readFileSync(join(first.disk, '../image.json'), 'utf8');
    expect(JSON.parse(manifest)).toMatchObject({ method: 'mount', size: 32 * 2 ** 20 });
    const again = await buildJob(build);
    expect(again).toMatchObject({ key: first.key, cached: true });
    const run = await buildJob({ ...build, road: 'run' });
    expect(run.disk).toBe(first.disk);
    const other = await buildJob({ ...build, text: jobText('image hostname other'), road: 'run' });
    expect(other.disk).not.toBe(first.disk);
    for (const one of [first, again, run, other]) one.release();
  });

  it('takes no room for what was removed again', async () => {
    const script = 'dd if=/dev/urandom of=/big bs=1M count=20 2> /dev/null; sync; rm /big';
    const text = jobText(`image script\n${script}\nend script`);
    const { disk } = await buildJob({ cache, file, text });
    expect(statSync(disk).blocks * 512).toBeLessThan(12 * 2 ** 20);
  });

  it('of two who want it at once is made by one', async () => {
    const build = { cache, file, text: jobText() };
    const both = await Promise.all([buildJob(build), buildJob(build)]);
    expect(both.map(({ cached }) => cached).sort()).toEqual([false, true]);
    expect(leftIn(cache)).toEqual([]);
  });
});

describe.runIf(isAble)('a build by a mount that fails', () => {
  async function failure(text: string, more: { readonly cache?: string } = {}): Promise<unknown> {
    return buildJob({ cache, file, text, ...more }).then(
      () => undefined,
      (error) => error,
    );
  }

  it.each([
    ['the content', 'image script\ndd if=/dev/zero of=/big bs=1M count=64\nend script'],
    ['a script', 'image script\nwhile :; do echo > /f-$((n += 1)) || exit 1; done\nend script'],
  ])('because the image is too small for %s says so, and leaves nothing', async (_, more) => {
    expect(await failure(jobText(more))).toMatchObject({
      code: 'job-invalid',
      message: expect.stringContaining('does not fit in a disk of 32 MiB'),
      hint: 'say `image size` with more',
    });
    expect(leftIn(cache)).toEqual([]);
    expect(readdirSync(join(cache, 'images')).filter((name) => !name.includes('.'))).toEqual([]);
    nothingIsMounted();
  });

  it('because the disk of the host is full says so, and leaves nothing', async () => {
    const small = join(folder, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'small', small]);
    try {
      const text = jobText().replace('32M', '200M');
      const big = 'image script\ndd if=/dev/urandom of=/big bs=1M count=100\nend script';
      expect(await failure(`${text}${big}\n`, { cache: small })).toMatchObject({
        code: 'host-io',
        message: expect.stringMatching(/no space left/i),
      });
      expect(leftIn(small)).toEqual([]);
      expect(loopFiles()).not.toContain(folder);
    } finally {
      execFileSync('umount', [small]);
    }
  });

  it('because somebody has a folder of it open publishes nothing', async () => {
    const holders: ChildProcess[] = [];
    const text = jobText('image script\necho within; sleep 1\nend script');
    const onProgress = (line: string) => {
      if (line === 'within') holders.push(spawn('sleep', ['1000'], { cwd: mountedFolder(cache) }));
    };
    try {
      await expect(buildJob({ cache, file, text, onProgress })).rejects.toMatchObject({
        code: 'host-io',
        message: expect.stringMatching(/^a loop device still has .*disk\.img$/),
      });
      expect(holders).toHaveLength(1);
      expect(loopFiles()).toContain(cache);
      expect(leftIn(cache)).toEqual([expect.stringMatching(/^mounts\//)]);
      expect(readdirSync(join(cache, 'images')).filter((name) => !name.includes('.'))).toEqual([]);
    } finally {
      for (const holder of holders) holder.kill('SIGKILL');
    }
    await vi.waitFor(nothingIsMounted, 20_000);
  });

  it('because a script fails says what the other road says', async () => {
    const text = jobText('image script\necho no; exit 3\nend script');
    const one = (await failure(text)) as Error;
    expect(one.message).toMatch(/^`image script` 1 failed:\n {2}no$/);
    await expect(buildJob({ cache, file, text, road: 'build' })).rejects.toThrow(one.message);
  });

  it('without root says so', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
    try {
      expect(await failure(jobText())).toMatchObject({
        code: 'host-incapable',
        message: 'mounting an image takes root',
        hint: 'without `--method mount` the same image is made without root and mounts',
      });
    } finally {
      vi.restoreAllMocks();
    }
  });

  it.each([
    ['image from busybox', 'lives in the memory of its guest'],
    ['image from disk FILE', 'is an image already'],
  ])('because there is nothing to mount says so: %s', async (stanza, why) => {
    const job = 'guest one\nstart on startup\nexec true\nend guest\n';
    expect(await failure(`${stanza.replace('FILE', file)}\n${job}`)).toMatchObject({
      code: 'not-supported',
      message: expect.stringContaining(why),
    });
  });

  it('for want of a tool names it and its package', async () => {
    writeFileSync(file, jobText());
    const { lines } = startBuild({ cache, file }, { PATH: folder });
    const [line] = await once(lines, 'line');
    expect(line).toMatch(
      /^host-incapable: this host lacks \w+, which mounts images; `apt-get install/,
    );
  });
});

const SCRIPT = 'image script\necho within; sleep 0.2; echo written > /written\nend script';
const STEPS = [
  'makes 32 MiB of ext4',
  'mounts it',
  'packs ROOT',
  'unpacks it',
  'within',
  'sets it up',
  'unmounts it',
  'checks it',
];

describe.runIf(isAble)('a build by a mount that is ended', () => {
  beforeEach(() => writeFileSync(file, jobText(SCRIPT)));

  /** Lets a process build until it is at a step, and ends it there. */
  async function endAt(step: string, signal: NodeJS.Signals): Promise<string[]> {
    const { child, lines } = startBuild({ cache, file });
    const told: string[] = [];
    lines.on('line', (line) => {
      told.push(line);
      if (line !== step.replace('ROOT', root)) return;
      if (line === 'within') expect(mountsAnywhere()).toContain(`${cache}/tmp/`);
      child.kill(signal);
    });
    await once(child, 'close');
    expect(told).toContain(step.replace('ROOT', root));
    return told;
  }

  async function isMadeNow(): Promise<void> {
    const image = await buildJob({ cache, file, text: jobText(SCRIPT) });
    expect(image.cached).toBe(false);
    expect(listImage(image.disk).some((line) => line.startsWith('written|f|'))).toBe(true);
    expect(leftIn(cache)).toEqual([]);
    nothingIsMounted();
    image.release();
  }

  it.each(STEPS)('by kill -9 when it %s leaves no mount, and is made anew', async (step) => {
    await endAt(step, 'SIGKILL');
    await vi.waitFor(nothingIsMounted, 20_000);
    await isMadeNow();
  });

  it.each(STEPS)('by SIGTERM when it %s leaves nothing at all', async (step) => {
    const told = await endAt(step, 'SIGTERM');
    expect(told.at(-1)).toMatch(/^cancelled: /);
    nothingIsMounted();
    expect(leftIn(cache)).toEqual([]);
    await isMadeNow();
  });

  it('by SIGINT while a script runs leaves nothing at all', async () => {
    expect((await endAt('within', 'SIGINT')).at(-1)).toMatch(/^cancelled: /);
    nothingIsMounted();
    expect(leftIn(cache)).toEqual([]);
  });
});
