import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandLine } from '../support/domstart.ts';

const folder = (name: string) => join(resolve(import.meta.dirname, 'checks'), name);

interface Told {
  readonly file: string;
  readonly valid: boolean;
  readonly diagnostics: readonly { code: string; line: number; column: number; severity: string }[];
}

async function told(...args: readonly string[]) {
  await using cli = await commandLine();
  const { status, stdout } = await cli.run(['check', '--json', ...args]);
  const files = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Told => JSON.parse(line));
  return { status, files };
}

const brief = ({ file, valid, diagnostics }: Told) => ({
  file: file.slice(file.lastIndexOf('/') + 1),
  valid,
  told: diagnostics.map(({ code, line, column }) => `${code} ${line}:${column}`),
});

describe('overrides', () => {
  test('are read on top of their jobs and told of by themselves', async () => {
    const { status, files } = await told(folder('override'));
    expect(files.map(brief)).toEqual([
      { file: 'lonely.override', valid: true, told: ['override-without-job 1:1'] },
      // What stands before the error counts: `go` is not waited for any more.
      { file: 'partial.conf', valid: true, told: [] },
      { file: 'partial.override', valid: false, told: ['unknown-stanza 3:1'] },
      { file: 'runs.conf', valid: true, told: [] },
      { file: 'runs.override', valid: false, told: ['unknown-stanza 2:1'] },
      { file: 'still.conf', valid: true, told: [] },
      { file: 'still.override', valid: true, told: [] },
    ]);
    expect(status).toBe(65);
  });

  test('without a job have errors too', async () => {
    const { status, files } = await told(join(folder('lone-override'), 'broken.override'));
    expect(files.map(brief)).toEqual([
      {
        file: 'broken.override',
        valid: false,
        told: ['override-without-job 1:1', 'unknown-stanza 2:1'],
      },
    ]);
    expect(status).toBe(65);
    expect((await told(folder('lone-override'))).files).toEqual(files);
  });

  test('are found beside a single file as well', async () => {
    const { files } = await told(join(folder('override'), 'partial.conf'));
    expect(files.map(brief)).toMatchObject([
      { file: 'partial.conf' },
      { file: 'partial.override' },
    ]);
  });
});

test('a file with an error is a job, and its events are not known to be missing', async () => {
  const { files } = await told(folder('broken-neighbour'));
  expect(files.map(brief)).toEqual([
    { file: 'alpha.conf', valid: false, told: ['unknown-stanza 1:1'] },
    { file: 'alphas.conf', valid: true, told: ['unknown-job 1:51'] },
  ]);
  // Its own name, which is as near, is never what was meant.
  expect(files[1]?.diagnostics[0]).toMatchObject({ hint: 'did you mean `alpha`?' });
});

describe('a run', () => {
  test('tells what is wrong with an override, and runs what stands before it', async () => {
    await using cli = await commandLine();
    const { status, stdout, stderr } = await cli.run([
      'run',
      join(folder('override'), 'runs.conf'),
    ]);
    expect(stderr).toContain('runs.override:2:1: error[unknown-stanza]');
    expect([status, stdout]).toEqual([0, 'over\n']);
  });
});

describe('sh -n', () => {
  test('is mapped back to the lines of the file', async () => {
    const { status, files } = await told(folder('scripts'));
    expect(files.map(brief)).toEqual([
      { file: 'guest.conf', valid: true, told: ['shell-syntax 5:13'] },
      { file: 'shell.conf', valid: true, told: ['shell-syntax 6:1', 'shell-syntax 10:5'] },
    ]);
    expect(status).toBe(0);
  });

  test('is not asked with --no-sh', async () => {
    const { files } = await told('--no-sh', folder('scripts'));
    expect(files.flatMap(({ diagnostics }) => diagnostics)).toEqual([]);
  });
});

describe('warnings', () => {
  test('do not fail the check', async () => {
    await using cli = await commandLine();
    const { status, stdout, stderr } = await cli.run(['check', folder('strict')]);
    expect(stdout).toContain('task.conf:2:1: warning[respawned-task]: Respawn of a task');
    expect([status, stderr]).toEqual([0, '1 file: valid, 1 warning\n']);
  });

  test('do with --strict', async () => {
    const { status, files } = await told('--strict', folder('strict'));
    expect(status).toBe(1);
    expect(files).toMatchObject([{ valid: true, diagnostics: [{ severity: 'warning' }] }]);
  });
});

test('files by themselves may wait for each other; what is not among them may be elsewhere', async () => {
  const names = ['a', 'b', 'c', 'd'].map((name) => join(folder('single-files'), `${name}.conf`));
  const { files } = await told(...names);
  expect(files.map(brief)).toEqual([
    { file: 'a.conf', valid: true, told: [] },
    // One warning about carriage returns, none of `sh -n` about what they break.
    { file: 'b.conf', valid: true, told: ['carriage-return 3:16'] },
    { file: 'c.conf', valid: true, told: ['waiting-cycle 1:10'] },
    { file: 'd.conf', valid: true, told: ['waiting-cycle 1:10'] },
  ]);
});
