import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apart, commandLine, processesNaming, startProgram } from '../support/domstart.ts';

const jobs = resolve(import.meta.dirname, 'jobs');

describe('domstart run', () => {
  test("shows the report's program: its console, its events, its figures", async () => {
    await using cli = await commandLine();
    const { status, stdout, stderr } = await cli.run(['run', 'jobs/rc-noklus.conf']);
    expect(stdout.trimEnd().split('\n')).toEqual([
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
      expect.stringMatching(/reboot: Power down$/),
    ]);
    const told = stderr.split('\n').filter((line) => line.startsWith('event '));
    expect(told.map((line) => line.split(/ +/)[1])).toEqual([
      'startup',
      'starting',
      'image-built',
      'domain-created',
      'domain-ready',
      'guest-step',
      'started',
      'guest-step',
      'domain-exited',
      'stopping',
      'stopped',
    ]);
    expect(stderr).toMatch(/^rc-noklus \(load\.sh\): exit status 0, /m);
    for (const phase of ['image', 'create', 'boot', 'guest', 'shutdown', 'teardown']) {
      expect(stderr).toMatch(new RegExp(`^  ${phase} .* m?s$`, 'm'));
    }
    const memory = /^ {2}([\d.]+) MB of memory in use in the guest$/m.exec(stderr)?.[1];
    expect(Number(memory)).toBeGreaterThan(5);
    expect(Number(memory)).toBeLessThan(20);
    expect(status).toBe(0);
  });

  test('gives the second variant a network, and takes it down again', async () => {
    await using cli = await commandLine();
    const { status, stdout, stderr } = await cli.run(['run', 'jobs/rc-noklus-net.conf']);
    expect(stdout).toMatch(/inet 10\.0\.2\.15/);
    expect(stdout).toMatch(/1 packets received, 0% packet loss/);
    expect(stdout).toMatch(/rc-noklus 2\n.*reboot: Power down\n$/);
    expect(stderr).toMatch(/^event +guest-address ADDRESS=10\.0\.2\.15$/m);
    expect(status).toBe(0);
  });

  test('runs the FILE of an event instead, from the working directory', async () => {
    await using cli = await commandLine();
    const folder = await mkdtemp(join(tmpdir(), 'domstart-mine-'));
    await writeFile(join(folder, 'mine.sh'), '#!/bin/sh\necho "mine, $0"\nexit 42\n');
    const args = ['run', resolve('jobs/rc-noklus.conf'), '--emit', 'run-program', 'FILE=./mine.sh'];
    const { status, stdout } = await cli.run(args, { cwd: folder });
    await rm(folder, { recursive: true });
    expect(stdout).toContain('mine, /root/load.sh');
    // The job's script runs under `sh -e`: what follows the program is not reached.
    expect(stdout).not.toContain('rc-noklus 2');
    expect(status).toBe(42);
  });

  test('runs two at once', async () => {
    await using cli = await commandLine();
    const runs = ['exit-3.sh', 'hello.sh'].map((name) =>
      cli.run(['run', join(jobs, 'program.conf'), '--emit', 'run-program', `PROGRAM=./${name}`], {
        cwd: jobs,
      }),
    );
    const [three, hello] = await Promise.all(runs);
    expect(three?.status).toBe(3);
    expect(hello?.status).toBe(0);
    expect(hello?.stdout).toContain('hello from the guest');
  });

  test('needs no network and nothing but what is cached', async () => {
    await using cli = await commandLine();
    const inside = [resolve('bin/domstart'), 'run', 'jobs/rc-noklus.conf'];
    const [unshare = '', ...args] = [...apart('net'), ...inside];
    const { status, stdout } = await startProgram(unshare, args, {
      cwd: resolve('.'),
      env: { ...process.env, DOMSTART_RUN: cli.runs },
    }).finished;
    expect(stdout).toContain('rc-noklus 2');
    expect(status).toBe(0);
  });

  test('tells programs the same as JSON, a line each', async () => {
    await using cli = await commandLine();
    const { stdout, stderr } = await cli.run(['run', 'jobs/rc-noklus.conf', '--json']);
    const told = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(stderr).toBe('');
    expect(told.filter(({ type }) => type === 'line').map(({ text }) => text)).toContain(
      'rc-noklus 2',
    );
    expect(
      told.filter(({ type, name }) => type === 'event' && name === 'guest-step'),
    ).toContainEqual({
      type: 'event',
      name: 'guest-step',
      variables: ['STEP=2'],
      progress: 'handling',
    });
    expect(told.filter(({ type }) => type === 'result')).toEqual([
      expect.objectContaining({
        job: 'rc-noklus',
        instance: 'load.sh',
        result: 'ok',
        ending: { kind: 'exited', status: 0 },
        facts: expect.objectContaining({ memoryUsed: expect.any(Number) }),
      }),
    ]);
  });
});

describe('domstart run that is cut short leaves nothing', () => {
  test.for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s: the job is stopped and torn down', async ([signal, expected]) => {
    await using cli = await commandLine();
    const run = cli.start(['run', join(jobs, 'sleeper.conf')]);
    await run.said('the guest sleeps');
    run.child.kill(signal);
    const { status, stderr } = await run.finished;
    expect(stderr).toContain('domstart: stopping');
    expect(stderr).toMatch(/^event +stopped JOB=sleeper INSTANCE= RESULT=ok/m);
    expect(status).toBe(expected);
  });

  test('by SIGINT while the domain boots', async () => {
    await using cli = await commandLine();
    const run = cli.start(['run', join(jobs, 'sleeper.conf')]);
    await run.said('domain-created');
    run.child.kill('SIGINT');
    expect((await run.finished).status).toBe(130);
  });

  test('by two SIGINTs: a job that ignores the first is killed', async () => {
    await using cli = await commandLine();
    const run = cli.start(['run', join(jobs, 'stubborn.conf')]);
    await run.said('the guest will not listen');
    run.child.kill('SIGINT');
    await run.said('domstart: stopping');
    run.child.kill('SIGINT');
    expect((await run.finished).status).toBe(130);
  });

  test('by two SIGINTs: a pre-start that hangs is killed', async () => {
    await using cli = await commandLine();
    const run = cli.start(['run', join(jobs, 'hanging.conf')]);
    await run.said('pre-start hangs');
    run.child.kill('SIGINT');
    await run.said('domstart: stopping');
    run.child.kill('SIGINT');
    expect((await run.finished).status).toBe(130);
    expect(processesNaming('4711.4711')).toEqual([]);
  });

  test('by its timeout, wherever it is', async () => {
    await using cli = await commandLine();
    const { status, stderr } = await cli.run(['run', join(jobs, 'slow-start.conf')]);
    expect(stderr).toContain('its timeout of 1 s passed');
    expect(status).toBe(124);
    expect(processesNaming('4712.4712')).toEqual([]);
  });

  test('by a reader that is slow: what is printed waits, in bounded memory', async () => {
    await using cli = await commandLine();
    const run = cli.start(['run', '-q', join(jobs, 'flood.conf')]);
    const pid = run.child.pid ?? 0;
    await run.said('again and again');
    run.child.stdout.pause();
    // It stops reading: what nobody takes is left with the program that prints it.
    let before = 0;
    const readOn = () => {
      const [last, now] = [before, bytesRead(pid)];
      before = now;
      return now - last;
    };
    await expect.poll(readOn, { timeout: 10_000, interval: 250 }).toBe(0);
    expect(residentMegabytes(pid)).toBeLessThan(300);
    run.child.kill('SIGINT');
    run.child.stdout.resume();
    expect((await run.finished).status).toBe(130);
  });

  test('by a reader that goes away', async () => {
    await using cli = await commandLine();
    const run = cli.start(['run', join(jobs, 'endless.conf')]);
    await run.said('again and again');
    run.child.stdout.destroy();
    const { status, stderr } = await run.finished;
    expect(stderr).toMatch(/^event +stopped JOB=endless/m);
    expect(status).toBe(141);
  });

  test('by SIGKILL: QEMU goes with it, and the next start removes its folder', async () => {
    await using cli = await commandLine();
    const run = cli.start(['run', join(jobs, 'sleeper.conf')]);
    await run.said('the guest sleeps');
    run.child.kill('SIGKILL');
    await run.finished;
    await expect.poll(() => processesNaming(cli.runs), { timeout: 10_000 }).toEqual([]);
    // That of the domain, and that of the socket at which the run is reached.
    expect(readdirSync(cli.runs)).toHaveLength(2);
    const program = [
      'run',
      join(jobs, 'program.conf'),
      '--emit',
      'run-program',
      'PROGRAM=./hello.sh',
    ];
    expect((await cli.run(program, { cwd: jobs })).status).toBe(0);
  });
});

test('a folder of jobs is run together, and every line says whose it is', async () => {
  await using cli = await commandLine();
  const { status, stdout, stderr } = await cli.run(['run', join(jobs, 'pair')]);
  expect(stdout).toBe('first: hello\nsecond: preparing\nsecond: goodbye\n');
  expect(stderr).toMatch(/stopped JOB=first INSTANCE= RESULT=ok\n.*starting JOB=second INSTANCE=/);
  expect(status).toBe(4);
});

describe('domstart run says why', () => {
  test('a process other than the main one failed, and its status is the exit status', async () => {
    await using cli = await commandLine();
    const { status, stderr } = await cli.run(['run', '-q', join(jobs, 'prefail.conf')]);
    expect(stderr).toBe('domstart: prefail: pre-start exit status 3\n');
    expect(status).toBe(3);
  });

  test('a job respawns too fast', async () => {
    await using cli = await commandLine();
    const { status, stderr } = await cli.run(['run', '-q', join(jobs, 'respawn.conf')]);
    expect(stderr).toBe('domstart: respawn: respawning too fast, stopped\n');
    expect(status).toBe(5);
  });

  test('an event is still held, when a condition stays half true', async () => {
    await using cli = await commandLine();
    const { status, stderr } = await cli.run(['run', join(jobs, 'half.conf'), '--emit', 'first']);
    expect(stderr).toContain(
      'first is not finished: it is held by the `start on` of half, which is half true',
    );
    expect(stderr).not.toContain('no job starts on');
    expect(status).toBe(1);
  });

  test('every one of several jobs failed', async () => {
    await using cli = await commandLine();
    const { status, stderr } = await cli.run(['run', join(jobs, 'missing')]);
    expect(stderr).toContain('no-such-first');
    expect(stderr).toContain('no-such-second');
    expect(status).toBe(66);
  });

  test('its output cannot be written', async () => {
    await using cli = await commandLine();
    const full = startProgram(
      'sh',
      [
        '-c',
        'exec "$@" >/dev/full',
        'sh',
        resolve('bin/domstart'),
        'run',
        join(jobs, 'sleeper.conf'),
      ],
      {
        cwd: jobs,
        env: { ...process.env, DOMSTART_RUN: cli.runs },
      },
    );
    const { status, stderr } = await full.finished;
    expect(stderr).toContain('cannot write to standard output: ENOSPC');
    expect(status).toBe(74);
  });

  test('in a log, whole, with the lines of the console', async () => {
    await using cli = await commandLine();
    const folder = await mkdtemp(join(tmpdir(), 'domstart-log-'));
    const log = join(folder, 'log');
    await cli.run(['run', join(jobs, 'missing'), '--log', log]);
    await cli.run(['run', join(jobs, 'pair'), '--log', log]);
    const lines = readFileSync(log, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    await rm(folder, { recursive: true });
    expect(lines).toContainEqual(
      expect.objectContaining({
        msg: 'result',
        error: expect.objectContaining({ message: expect.stringContaining('no-such-first') }),
      }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({ msg: 'output', line: { source: 'main', text: 'hello' } }),
    );
  });
});

/** What a process has read from anywhere, its own program included. */
function bytesRead(pid: number): number {
  return Number(/^rchar: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
}

/** What a process holds in memory. */
function residentMegabytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) / 1024;
}
