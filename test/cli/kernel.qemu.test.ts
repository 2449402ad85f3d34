import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildKernel } from '../../src/host/kernel-build/build-kernel.ts';
import { findOptimisedKernel } from '../../src/host/kernel-build/optimised-kernel.ts';
import { cacheFolder } from '../../src/host/paths.ts';
import { commandLine } from '../support/domstart.ts';

// Boots the kernel that `domstart kernel build` made. Building takes minutes: that is done with
// `npm run test:kernel`; elsewhere what the cache has is booted, and without it this is skipped.

const building = process.env['DOMSTART_TEST_KERNEL'] !== undefined;
if (building) {
  await buildKernel({
    cache: cacheFolder(),
    signal: AbortSignal.timeout(60 * 60_000),
    onProgress: (text) => console.error(text),
  });
}
const built = await findOptimisedKernel(cacheFolder());

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-kernel-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly memoryUsed: number;
}

/** A job that runs a script in a guest, with these lines beside it. */
function jobFile(script: string, ...lines: readonly string[]): string {
  const job = join(folder, 'job.conf');
  const guest = ['guest job', 'start on startup', 'console output', 'script', script];
  const text = ['start on startup', 'image from busybox', 'domain kernel optimised', 'timeout 60'];
  const all = [...text, 'guest init direct', ...lines, ...guest, 'end script', 'end guest', ''];
  writeFileSync(job, all.join('\n'));
  return job;
}

async function run(...[script, ...lines]: Parameters<typeof jobFile>): Promise<Ran> {
  await using cli = await commandLine();
  const { status, stdout, stderr } = await cli.run(['run', jobFile(script, ...lines)]);
  const memory = /^ {2}([\d.]+) MB of memory in use/m.exec(stderr)?.[1];
  if (memory === undefined) throw new Error(`no figures: ${stdout}\n${stderr}`);
  return { status, stdout: stdout.replaceAll('\r', ''), memoryUsed: Number(memory) };
}

describe.skipIf(built === undefined)('a guest with the optimised kernel', () => {
  it('runs its program, is off when it is over, and takes half of the memory', async () => {
    const { status, stdout, memoryUsed } = await run('uname -r; exit 3');
    expect(status).toBe(3);
    expect(stdout).toMatch(new RegExp(`^${built?.version}\n.*reboot: Power down\n$`));
    expect(memoryUsed).toBeLessThan(7.5);
  });

  it('has a network without modules', async () => {
    const network = ['image interface lo loopback', 'image interface eth0 dhcp', 'domain vif'];
    const script = 'ifup lo; ifup eth0; ip -4 address show dev eth0; ls /lib/modules || true';
    const { status, stdout } = await run(script, ...network);
    expect(stdout).toMatch(/inet 10\.0\.2\.15/);
    expect(stdout).toMatch(/\/lib\/modules: No such file/);
    expect(status).toBe(0);
  });

  it('has the processors that the job asks for', async () => {
    const { stdout } = await run('grep -c ^processor /proc/cpuinfo', 'domain vcpus 3');
    expect(stdout).toMatch(/^3\n/);
  });

  it('gives the job the environment of any other kernel', async () => {
    const { stdout } = await run('env | sort');
    const names = stdout.split('\n').flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? []);
    expect(names).toEqual(expect.arrayContaining(['HOME', 'PATH', 'UPSTART_JOB']));
    expect(names).not.toContain('audit');
    expect(names).not.toContain('coherent_pool');
  });

  it('mounts what programs of a distribution want mounted', async () => {
    const wanted = ['ext2', 'ext3', 'ext4', 'proc', 'sysfs', 'tmpfs', 'devtmpfs', 'devpts'];
    const { stdout } = await run('cat /proc/filesystems');
    const found = stdout.split('\n').map((line) => line.split('\t').at(-1));
    expect(found).toEqual(expect.arrayContaining(wanted));
  });

  it('hears the request to end: its job is terminated in its own way', async () => {
    const script = 'trap "echo ends; exit 4" TERM; echo up; while :; do sleep 0.1; done';
    await using cli = await commandLine();
    const running = cli.start(['run', jobFile(script, 'console ready "^up"')]);
    await running.said('domain-ready');
    running.child.kill('SIGINT');
    const { status, stdout } = await running.finished;
    expect(stdout).toMatch(/^up\s[\s\S]*^ends/m);
    expect(status).toBe(130);
  });
});
