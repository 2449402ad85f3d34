import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { type DaemonRig, daemonRig, stop } from '../support/daemon.ts';

/** Another job of the same daemon still does its work. */
async function othersGoOn(rig: DaemonRig): Promise<void> {
  rig.file('jobs/other.conf', 'task\nexec true\n');
  await vi.waitFor(
    async () => expect(await rig.ask('initctl start other')).toMatchObject({ status: 0, err: '' }),
    { timeout: 15_000, interval: 50 },
  );
}

describe('a job that cannot be executed', () => {
  test.each([
    ['a missing program', '/none/of/this', 'No such file'],
    ['a file without the right to be executed', 'FOLDER/plain', 'Permission denied'],
    ['a folder', '/tmp', 'Permission denied'],
  ])('%s', async (_, program, why) => {
    await using rig = daemonRig();
    rig.file('plain', '#!/bin/sh\n');
    rig.file('jobs/web.conf', `exec ${program.replace('FOLDER', rig.folder)} now\n`);
    const daemon = await rig.daemon();
    expect(await rig.ask('initctl start web')).toEqual({
      out: '',
      err: 'initctl: Job failed to start\n',
      status: 1,
    });
    await othersGoOn(rig);
    const { status, err } = await stop(daemon);
    expect(status).toBe(0);
    expect(err).toMatch(new RegExp(`Failed to spawn web main process: .*${why}`));
  });
});

test('a job that ignores SIGTERM is stopped by `initctl stop` after its kill timeout', async () => {
  await using rig = daemonRig();
  rig.file(
    'jobs/deaf.conf',
    `kill timeout 1\nscript\n  trap '' TERM\n  touch ${rig.folder}/deaf\n  while :; do sleep 0.1; done\nend script\n`,
  );
  const daemon = await rig.daemon();
  expect((await rig.ask('initctl start deaf')).status).toBe(0);
  await vi.waitFor(() => expect(readdirSync(rig.folder)).toContain('deaf'), 20_000);
  expect(await rig.ask('initctl stop deaf')).toEqual({
    out: 'deaf stop/waiting\n',
    err: '',
    status: 0,
  });
  expect(rig.processes()).toEqual([]);
  expect((await stop(daemon)).status).toBe(0);
});

test('a job that forks for ever is stopped with all it has forked', async () => {
  await using rig = daemonRig();
  rig.file(
    'jobs/storm.conf',
    `kill timeout 1
limit nproc 4000 4000
script
  trap '' TERM
  storm() { (trap '' TERM; sleep 0.05; storm) & }
  storm; storm; storm
  while :; do sleep 1; done
end script
`,
  );
  const daemon = await rig.daemon();
  expect((await rig.ask('initctl start storm')).status).toBe(0);
  await vi.waitFor(() => expect(rig.pidsOf('storm').length).toBeGreaterThan(3), 20_000);
  await othersGoOn(rig);
  expect((await rig.ask('initctl stop storm')).out).toBe('storm stop/waiting\n');
  await vi.waitFor(() => expect(rig.processes()).toEqual([]), 20_000);
  expect((await stop(daemon)).status).toBe(0);
});

test('a job that fills its log is bounded, and readable to its end', async () => {
  await using rig = daemonRig();
  rig.file('jobs/full.conf', 'exec yes 0123456789012345678901234567890123456789\n');
  const daemon = await rig.daemon();
  expect((await rig.ask('initctl start full')).status).toBe(0);
  await vi.waitFor(() => expect(readdirSync(join(rig.folder, 'log'))).toContain('full.log.3'), {
    timeout: 25_000,
    interval: 100,
  });
  await othersGoOn(rig);
  const memory = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.child.pid}/status`, 'utf8'));
  expect(Number(memory?.[1]) / 1024).toBeLessThan(300);
  expect((await rig.ask('initctl stop full')).status).toBe(0);
  const { out, status } = await rig.ask('domstart console full');
  expect(status).toBe(0);
  expect(out.length).toBeGreaterThan(1024 * 1024 - 100);
  expect((await stop(daemon)).status).toBe(0);
  const files = readdirSync(join(rig.folder, 'log')).filter((name) => name.startsWith('full'));
  expect(files.sort()).toEqual(['full.log', 'full.log.1', 'full.log.2', 'full.log.3']);
  for (const name of files) {
    expect(statSync(join(rig.folder, 'log', name)).size).toBeLessThanOrEqual(10 * 1024 * 1024);
  }
});

/** As `initctl emit --no-wait go`, which takes too long to be a loop of 100 rounds in 10 s. */
const EMIT = `use Socket; my ($path) = $ENV{UPSTART_SESSION} =~ /path=(.*)/;
socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect($s, sockaddr_un($path)) or die;
syswrite $s, qq({"id":1,"verb":"emit","event":"go","env":[],"wait":false,)
  . qq("from":{"job":"$ENV{UPSTART_JOB}","instance":""}}\n);
<$s>; <$s>;`;

describe('a job that emits what starts it', () => {
  test.each([
    ['by its own end', 'start on go or stopped JOB=loop\ntask\nexec true\n'],
    ['by a command', 'start on go\ntask\nexec true\npost-stop exec perl FOLDER/emit.pl\n'],
    ['with another job in between', 'start on go or stopped JOB=between\ntask\nexec true\n'],
  ])('%s: the loop is ended and named', async (_, text) => {
    await using rig = daemonRig();
    rig.file('emit.pl', EMIT);
    rig.file('jobs/loop.conf', text.replaceAll('FOLDER', rig.folder));
    rig.file('jobs/between.conf', 'start on stopped JOB=loop\ntask\nexec true\n');
    const daemon = await rig.daemon({ args: ['--log-priority', 'info'] });
    expect((await rig.ask('initctl emit --no-wait go N=1')).status).toBe(0);
    await daemon.said('event loop: loop is not started again');
    await vi.waitFor(async () => {
      expect((await rig.ask('domstart waiting')).out).toBe('');
      expect((await rig.ask('initctl list')).out).toContain('loop stop/waiting');
    }, 20_000);
    await othersGoOn(rig);
    const { status, err } = await stop(daemon);
    expect(status).toBe(0);
    const told = err.split('\n').filter((line) => line.includes('event loop:'));
    expect(told.length).toBeLessThan(5);
    expect(told[0]).toContain('because of what it did itself');
  });
});

test('a job that wants what is not built is told, and is what it was before', async () => {
  await using rig = daemonRig();
  rig.file('jobs/web.conf', 'exec sleep 1000\n');
  rig.file('jobs/new.conf', 'tmpfiles /none\nexec sleep 1000\n');
  const daemon = await rig.daemon({ args: ['--dialect', 'chromeos'] });
  await daemon.said('job new: `tmpfiles` is not built (run `systemd-tmpfiles --create FILE`');
  expect((await rig.ask('initctl status new')).err).toBe('initctl: Unknown job: new\n');
  rig.file('jobs/web.conf', 'tmpfiles /none\nexec sleep 1000\n');
  daemon.child.kill('SIGHUP');
  await daemon.said('job web: `tmpfiles` is not built');
  expect((await rig.ask('initctl start web')).status).toBe(0);
  expect((await stop(daemon)).status).toBe(0);
});
