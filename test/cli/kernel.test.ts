import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findExecutable } from '../../src/system/find-executable.ts';
import { processesNaming, startProgram } from '../support/domstart.ts';
import { type FakeSource, fakeKernelSource, HANGING } from '../support/fake-kernel-source.ts';

// The real command, dpkg-deb, tar and make, with an archive and a source tree that are ours: the
// build of the real one takes minutes (`npm run test:kernel`).

const TOOLS = ['make', 'ld', 'tar', 'xz', 'gzip', 'dpkg-deb'];
const missing = TOOLS.filter((tool) => findExecutable(tool) === undefined);

let folder: string;
let cache: string;
let source: FakeSource;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-kernel-'));
  cache = join(folder, 'cache');
  if (missing.length === 0) source = fakeKernelSource(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

function start(...args: string[]) {
  return startProgram('bin/domstart', ['kernel', ...args], {
    cwd: join(import.meta.dirname, '../..'),
    env: {
      ...process.env,
      NO_COLOR: '1',
      DOMSTART_CACHE: cache,
      PATH: `${source.bin}:${process.env['PATH']}`,
      // What another build was told is nothing to this one.
      MAKEFLAGS: '-n',
    },
  });
}

const run = (...args: string[]) => start(...args).finished;
const kernels = () =>
  existsSync(join(cache, 'kernels')) ? readdirSync(join(cache, 'kernels')) : [];
const temporaries = () => readdirSync(join(cache, 'tmp'));

/** Resolves when make's "compilers" run. */
const compiling = () =>
  expect.poll(() => processesNaming(HANGING).length, { timeout: 20_000 }).toBeGreaterThan(1);

describe.skipIf(missing.length > 0)('domstart kernel build', () => {
  it('builds once, tells how far it is, and finds what it built', async () => {
    source.offer('6.1.5-1', 'works');
    const first = await run('build', '--json');
    expect(first.stderr).toContain('kernel: compiling');
    expect(first.status).toBe(0);
    const built = JSON.parse(first.stdout);
    expect(built).toMatchObject({
      ...{ version: '6.1.5-1-domstart', source: 'linux-source-6.1=6.1.5-1', cached: false },
      compiler: 'gcc (Fake) 12.2.0',
    });
    expect(readFileSync(built.vmlinux, 'latin1')).toBe('\x7fELF and no more');
    expect(readFileSync(built.bzImage).toString('latin1', 0x202, 0x206)).toBe('HdrS');
    expect(temporaries()).toEqual([]);

    const second = await run('build', '--json');
    expect(JSON.parse(second.stdout)).toEqual({ ...built, cached: true });
    expect(second.stderr).not.toContain('compiling');
    const forced = await run('build', '--json', '--force', '-j', '1');
    expect(JSON.parse(forced.stdout)).toEqual(built);
    expect(kernels()).toHaveLength(1);
  });

  it('builds again what is damaged, and what the archive has a newer source of', async () => {
    source.offer('6.1.9-1', 'works');
    const { stdout } = await run('build', '--json');
    truncateSync(JSON.parse(stdout).vmlinux, 3);
    expect((await run('list', '--json')).stdout).not.toContain('6.1.9-1');
    expect(JSON.parse((await run('build', '--json')).stdout)).toMatchObject({ cached: false });

    source.offer('6.1.10-1', 'works');
    expect((await run('build')).stderr).toMatch(/6\.1\.10-1-domstart built/);
    const lines = (await run('list', '--json')).stdout.trim().split('\n');
    const listed = lines.map((line) => JSON.parse(line)).filter(({ name }) => name !== 'auto');
    expect(listed).toMatchObject([
      { name: 'optimised', version: '6.1.10-1-domstart', used: true, current: true },
      { name: 'optimised', version: '6.1.9-1-domstart', used: false, current: true },
    ]);
  });

  it('is done by two at once, and both have it', async () => {
    source.offer('6.1.5-1', 'works');
    const [one, two] = await Promise.all([run('build', '--json'), run('build', '--json')]);
    expect([one.status, two.status]).toEqual([0, 0]);
    expect(JSON.parse(one.stdout).vmlinux).toBe(JSON.parse(two.stdout).vmlinux);
    expect(temporaries()).toEqual([]);
  });

  it('tells each option that did not take, and why make failed', async () => {
    source.offer('6.1.5-1', 'drops-options');
    const dropped = await run('build');
    expect(dropped.status).toBe(69);
    expect(dropped.stderr).toMatch(/line \d+: CONFIG_EXT4_FS: wanted y, is off/);
    expect(dropped.stderr).toMatch(/line \d+: CONFIG_VIRTIO_NET: wanted y, is off/);

    source.offer('6.1.5-1', 'fails');
    const failed = await run('build');
    expect(failed.status).toBe(69);
    expect(failed.stderr).toContain('make bzImage failed: a.c:1: error: no such thing');
    expect(kernels()).toEqual([]);
    expect(temporaries()).toEqual([]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('leaves nothing when it is interrupted by %s', async (signal, status) => {
    source.offer('6.1.5-1', 'hangs');
    const building = start('build');
    await compiling();
    building.child.kill(signal);
    expect((await building.finished).status).toBe(status);
    expect(processesNaming(HANGING)).toEqual([]);
    expect(temporaries()).toEqual([]);
    expect(kernels()).toEqual([]);
  });

  it('leaves no compiler when it is killed with SIGKILL, and the next one sweeps', async () => {
    source.offer('6.1.5-1', 'hangs');
    const building = start('build');
    await compiling();
    building.child.kill('SIGKILL');
    await building.finished;
    await expect.poll(() => processesNaming(HANGING), { timeout: 10_000 }).toEqual([]);
    expect(temporaries()).toHaveLength(1);

    source.offer('6.1.5-1', 'works');
    expect((await run('build')).status).toBe(0);
    expect(temporaries()).toEqual([]);
  });

  it('refuses a number of compilers that is none', async () => {
    source.offer('6.1.5-1', 'works');
    expect((await run('build', '-j', '0')).status).toBe(64);
  });
});

describe.skipIf(missing.length > 0)('domstart kernel list and show', () => {
  it('say what to run where nothing is there, and why each option is set', async () => {
    const { status, stdout, stderr } = await run('list');
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toMatch(/auto: .*domstart setup\noptimised: .*domstart kernel build\n/);
    expect((await run('show')).stdout).toMatch(/^# [\s\S]*\nCONFIG_EXT4_FS=y\n/);
  });
});
