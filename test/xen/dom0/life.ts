import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostState, xl } from './xl.ts';

const root = process.env['DOMSTART_TEST_ROOT'] ?? '';

let runs: string;

beforeEach(async () => {
  runs = await mkdtemp(join(tmpdir(), 'domstart-test-'));
});

afterEach(() => rm(runs, { recursive: true, force: true }));

function domstart(...args: readonly string[]) {
  const child = spawn(process.execPath, [join(root, 'dist/cli.js'), ...args], {
    cwd: root,
    env: { ...process.env, DOMSTART_RUN: runs },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  let look = () => {};
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      look();
    });
  }
  return {
    child,
    output,
    closed: once(child, 'close').then(([status]) => status as number | null),
    said: (text: string) =>
      new Promise<void>((resolve) => {
        look = () => `${output.stdout}${output.stderr}`.includes(text) && resolve();
        look();
      }),
  };
}

test("the report's program, unchanged: under Xen as under QEMU, and nothing is left", async () => {
  const before = await hostState();
  const { closed, output } = domstart('run', 'jobs/rc-noklus.conf');
  expect(await closed).toBe(0);
  // As in run.qemu.test.ts, but for the kernel's last line.
  expect(output.stdout.trimEnd().split('\n')).toEqual([
    'rc-noklus 1',
    expect.stringMatching(/^PING /),
    'ping: sendto: Network is unreachable',
    '',
    'init',
    '`-sh',
    '  `-load.sh',
    '    |-ps',
    '    `-awk',
    expect.stringMatching(/^kthreadd and \d+ kernel threads$/),
    'rc-noklus 2',
    expect.stringMatching(/reboot: System halted$/),
  ]);
  expect(output.stderr).toMatch(/^event +domain-exited .*REASON=poweroff EXIT_STATUS=0$/m);
  expect(output.stderr).toMatch(/^ {2}xen pv, domain \d+; busybox, kernel /m);
  expect(await readdir(runs)).toEqual([]);
  expect(await hostState()).toEqual(before);
});

test('`domain on qemu` asks for QEMU here, too', async () => {
  const { closed, output } = domstart('run', join(root, 'test/xen/jobs/pinned.conf'));
  expect(await closed).toBe(69);
  expect(output.stderr).toMatch(/this host lacks QEMU/);
});

test('a run that is stopped tells its job, and takes its domain with it', async () => {
  const before = await hostState();
  const { child, closed, said, output } = domstart('run', join(root, 'test/xen/jobs/sleeper.conf'));
  await said('sleeping');
  child.kill('SIGTERM');
  expect(await closed).toBe(143);
  expect(output.stdout).toContain('asked to end');
  expect(await hostState()).toEqual(before);
});

test('a run that is killed leaves a domain, and the next start removes it and nothing else', async () => {
  const before = await hostState();
  const { child, said, closed } = domstart('run', join(root, 'test/xen/jobs/sleeper.conf'));
  await said('sleeping');
  child.kill('SIGKILL');
  await closed;
  expect(await xl('list')).toMatch(/^sleeper-[0-9a-f]{8} /m);
  const next = domstart('run', join(root, 'test/xen/jobs/nothing.conf'));
  expect(await next.closed).toBe(0);
  expect(await readdir(runs)).toEqual([]);
  expect(await hostState()).toEqual(before);
});

test('doctor says that domains run in Xen, and wants no QEMU for them', async () => {
  const { closed, output } = domstart('doctor', '--json');
  expect(await closed).toBe(0);
  const findings = output.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const of = (name: string) => findings.find((finding) => finding.name === name);
  expect(of('xen')).toEqual({
    ...{ name: 'xen', ok: true, needed: false },
    detail: expect.stringMatching(
      /^Xen 4\.\d+\.\d+, xl answers: domains run in Xen; \d+ of \d+ MiB free$/,
    ),
  });
  expect(of('qemu')).toMatchObject({ ok: false, needed: false });
});

test('a root on NFS is told to the kernel, and the guest has the root of its image', async () => {
  const { closed, output } = domstart('run', join(root, 'test/xen/jobs/nfs-root.conf'));
  expect(await closed).toBe(0);
  expect(output.stdout).toMatch(
    /^root=\/dev\/nfs .* nfsroot=192\.168\.77\.1:\/srv\/root,ro ip=dhcp/m,
  );
  expect(output.stdout).toMatch(/^rootfs \/ rootfs /m);
});
