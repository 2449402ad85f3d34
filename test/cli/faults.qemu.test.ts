import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apart, commandLine, startProgram } from '../support/domstart.ts';

const jobs = resolve(import.meta.dirname, 'jobs');
const job = (name: string) => join(jobs, `${name}.conf`);
const program = (name: string) => [
  'run',
  job('program'),
  '--emit',
  'run-program',
  `PROGRAM=./${name}`,
];

describe('domstart run says what is wrong, with a status of its own, and leaves nothing', () => {
  test('a job file that does not exist', async () => {
    await using cli = await commandLine();
    const { status, stderr, stdout } = await cli.run(['run', 'no-such.conf']);
    expect(stderr).toBe('domstart: no such job file or folder: no-such.conf\n');
    expect([status, stdout]).toEqual([66, '']);
  });

  test('a folder without jobs', async () => {
    await using cli = await commandLine();
    const folder = await mkdtemp(join(tmpdir(), 'domstart-empty-'));
    const { status, stderr } = await cli.run(['run', folder]);
    await rm(folder, { recursive: true });
    expect(stderr).toContain(`no job files in ${folder}`);
    expect(status).toBe(66);
  });

  test('a job with errors: all of them, each with its place', async () => {
    await using cli = await commandLine();
    const { status, stderr } = await cli.run(['run', job('broken')]);
    expect(stderr).toMatch(
      /broken\.conf:2:1: error\[unknown-stanza\].*\n.*tsak\n.*\^\^\^\^\n.*task/,
    );
    expect(stderr).toMatch(/broken\.conf:3:12: error/);
    expect(stderr).toMatch(/broken\.conf:6:5: error/);
    expect(status).toBe(65);
  });

  test('an event without the variable that `instance` needs', async () => {
    await using cli = await commandLine();
    const { status, stderr } = await cli.run(['run', job('instance'), '--emit', 'run-program']);
    expect(stderr).toContain('WHICH');
    expect(status).toBe(64);
  });

  test('an event that no job starts on', async () => {
    await using cli = await commandLine();
    const { status, stderr } = await cli.run(['run', job('instance'), '--emit', 'run-porgram']);
    expect(stderr).toContain('no job starts on run-porgram');
    expect(stderr).toContain('these jobs start on: run-program');
    expect(status).toBe(64);
  });

  test('a FILE that does not exist', async () => {
    await using cli = await commandLine();
    const { status, stderr } = await cli.run(program('nothing-there.sh'), { cwd: jobs });
    expect(stderr).toContain('nothing-there.sh');
    expect(status).toBe(66);
  });

  test('a program in the guest that exits with 3', async () => {
    await using cli = await commandLine();
    const { status } = await cli.run(program('exit-3.sh'), { cwd: jobs });
    expect(status).toBe(3);
  });

  test('a program in the guest that is killed', async () => {
    await using cli = await commandLine();
    const { status } = await cli.run(program('killed.sh'), { cwd: jobs });
    expect(status).toBe(137);
  });

  test('a kernel that panics', async () => {
    await using cli = await commandLine();
    const { status, stderr } = await cli.run(['run', job('panic')]);
    expect(stderr).toContain('its kernel panicked: sysrq triggered crash');
    expect(status).toBe(126);
  });

  test('a guest that never halts', async () => {
    await using cli = await commandLine();
    const { status, stderr } = await cli.run(['run', job('deadline')]);
    expect(stderr).toContain('its timeout of 5 s passed');
    expect(stderr).toContain('before the end');
    expect(status).toBe(124);
  });

  test('a guest that prints without end', async () => {
    await using cli = await commandLine();
    const { status, stderr } = await cli.run(['run', job('endless')]);
    expect(stderr).toContain('its timeout of 6 s passed');
    expect(status).toBe(124);
  });

  test('no QEMU', async () => {
    await using cli = await commandLine();
    const cache = await mkdtemp(join(tmpdir(), 'domstart-cache-'));
    const bin = await mkdtemp(join(tmpdir(), 'domstart-bin-'));
    // A PATH on which there is what bin/domstart itself needs, and nothing else.
    await writeFile(join(bin, 'readlink'), '#!/bin/sh\n/usr/bin/readlink "$@"\n', { mode: 0o755 });
    const { status, stderr } = await cli.run(program('hello.sh'), {
      cwd: jobs,
      env: { PATH: bin, DOMSTART_CACHE: cache },
    });
    await rm(cache, { recursive: true });
    await rm(bin, { recursive: true });
    expect(stderr).toContain('this host lacks QEMU');
    expect(stderr).toContain('domstart setup');
    expect(status).toBe(69);
  });

  test.each([
    ['for the image', { megabytes: 1, name: 'deadline' }],
    ['for what the guest writes', { megabytes: 16, name: 'great-output' }],
  ])('no space left %s', async (_, { megabytes, name }) => {
    const folder = await mkdtemp(join(tmpdir(), 'domstart-full-'));
    // A small disk in a mount namespace of its own: it goes with its last process.
    const script = `mount -t tmpfs -o size=${megabytes}m,mode=700 domstart "$0" && DOMSTART_RUN="$0" exec "$@"`;
    const inside = ['sh', '-c', script, folder, resolve('bin/domstart'), 'run', job(name)];
    const [unshare = '', ...args] = [...apart('mount'), ...inside];
    const { status, stderr } = await startProgram(unshare, args, { cwd: folder, env: process.env })
      .finished;
    await rm(folder, { recursive: true });
    expect(stderr).toContain('no space left');
    expect(stderr).toContain('DOMSTART_RUN');
    expect(status).toBe(74);
  });
});
