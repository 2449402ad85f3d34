import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandLine } from '../support/domstart.ts';

const job = (name: string) => join(resolve(import.meta.dirname, 'jobs'), `${name}.conf`);
const leaf = (event: string) => ({ kind: 'match', event, operands: [] });

describe('domstart show-config', () => {
  test('prints what initctl show-config prints', async () => {
    await using cli = await commandLine();
    const { status, stdout } = await cli.run(['show-config', job('events')]);
    expect(stdout.split('\n')).toEqual([
      'events',
      '  emits one',
      '  emits two',
      '  start on ((b and c X=1) or starting d)',
      '  stop on ((e or f) and g)',
      '',
    ]);
    expect(status).toBe(0);
  });

  test('reads standard input', async () => {
    await using cli = await commandLine();
    const { status, stdout } = await cli.run(['show-config', '-'], { stdin: job('program') });
    expect([status, stdout]).toEqual([0, '-\n  start on run-program\n']);
  });

  test('prints one object a line for each job', async () => {
    await using cli = await commandLine();
    const { stdout } = await cli.run(['show-config', '--json', job('events')]);
    expect(JSON.parse(stdout)).toMatchObject({
      file: job('events'),
      name: 'events',
      emits: ['one', 'two'],
      stopOn: {
        kind: 'and',
        left: { kind: 'or', left: leaf('e'), right: leaf('f') },
        right: leaf('g'),
      },
    });
  });

  test('explains an error of an override, and prints what stands before it', async () => {
    await using cli = await commandLine();
    const file = join(resolve(import.meta.dirname, 'checks/override'), 'runs.conf');
    const { status, stdout, stderr } = await cli.run(['show-config', file]);
    expect(stderr).toContain('runs.override:2:1: error[unknown-stanza]');
    expect([status, stdout.split('\n')[0]]).toEqual([65, 'runs']);
  });

  test('explains a file with errors and one that is missing, and goes on', async () => {
    await using cli = await commandLine();
    const files = [job('broken'), job('program'), 'no-such.conf'];
    const { status, stdout, stderr } = await cli.run(['show-config', ...files]);
    expect([status, stdout]).toEqual([66, 'program\n  start on run-program\n']);
    expect(stderr).toContain('broken.conf:2:1: error[unknown-stanza]');
    expect(stderr).toContain('no such job file or folder: no-such.conf');
  });
});
