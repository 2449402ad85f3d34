import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandLine } from '../support/domstart.ts';

const job = (name: string) => join(resolve(import.meta.dirname, 'jobs'), name);

describe('domstart convert', () => {
  test('prints the job in the other dialect', async () => {
    await using cli = await commandLine();
    const options = ['--dialect', 'event.d', '--to', 'init'];
    const { status, stdout, stderr } = await cli.run(['convert', ...options, job('old-style')]);
    expect(stdout.split('\n')).toEqual([
      '# A job of Upstart 0.3.',
      '',
      'start on runlevel RUNLEVEL=2',
      'stop on runlevel RUNLEVEL=[!2]',
      'respawn',
      'respawn limit 9 5',
      'console none',
      '',
      'exec /sbin/getty 38400 tty1',
      '',
    ]);
    expect([status, stderr]).toEqual([0, '']);
  });

  test('explains what cannot be said there, with its place, and prints nothing', async () => {
    await using cli = await commandLine();
    const { status, stdout, stderr } = await cli.run([
      'convert',
      '--to',
      'event.d',
      job('events.conf'),
    ]);
    expect([status, stdout]).toEqual([65, '']);
    expect(stderr).toContain('events.conf:3:13: error[not-in-dialect]: Cannot be said in event.d');
    expect(stderr).toContain('  3 | start on (b and c X=1) or starting d\n');
  });

  test('prints one object', async () => {
    await using cli = await commandLine();
    const options = ['--dialect', 'event.d', '--json', '--to', 'init'];
    const stdin = job('old-style');
    const { stdout } = await cli.run(['convert', ...options, '-'], { stdin });
    expect(JSON.parse(stdout)).toEqual({
      file: '-',
      dialect: 'event.d',
      to: 'init',
      converted: true,
      text: expect.stringContaining('\nrespawn limit 9 5\n'),
      diagnostics: [],
    });
  });

  test('converts an override with its job', async () => {
    await using cli = await commandLine();
    const file = join(resolve(import.meta.dirname, 'checks/override'), 'still.conf');
    const { stdout } = await cli.run(['convert', '--json', '--to', 'init', file]);
    expect(JSON.parse(stdout)).toMatchObject({
      converted: true,
      diagnostics: [],
      override: { file: file.replace('.conf', '.override'), diagnostics: [] },
    });
    const broken = file.replace('still', 'partial');
    const { status, stderr } = await cli.run(['convert', '--to', 'init', broken]);
    expect(stderr).toContain('partial.override:3:1: error[unknown-stanza]');
    expect(status).toBe(65);
  });

  test.for([
    [['--to', 'init', 'no-such.conf'], 66, 'no such job file or folder: no-such.conf'],
    [['--to', 'init', 'jobs'], 64, 'convert takes one job file'],
    [['--to', 'systemd', 'a.conf'], 64, 'event.d, init'],
    [['a.conf'], 64, '--to'],
  ] as const)('refuses %j with %i', async ([args, expected, why]) => {
    await using cli = await commandLine();
    const { status, stdout, stderr } = await cli.run(['convert', ...args]);
    expect([status, stdout]).toEqual([expected, '']);
    expect(stderr).toContain(why);
  });
});
