import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandLine } from '../support/domstart.ts';

/** The job files that ship. */
const shipped = readdirSync(resolve(import.meta.dirname, '../../jobs')).filter((name) =>
  name.endsWith('.conf'),
).length;

const job = (name: string) => join(resolve(import.meta.dirname, 'jobs'), `${name}.conf`);

describe('domstart check', () => {
  test('has nothing to say of valid files', async () => {
    await using cli = await commandLine();
    const { status, stdout, stderr } = await cli.run(['check', 'jobs']);
    expect([status, stdout, stderr]).toEqual([0, '', `${shipped} files: valid\n`]);
  });

  test('prints one object a line for each file', async () => {
    await using cli = await commandLine();
    const { status, stdout } = await cli.run(['check', '--json', job('broken'), job('program')]);
    const [broken, program, ...rest] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rest).toEqual([]);
    expect(broken).toMatchObject({ file: job('broken'), dialect: 'domstart', valid: false });
    expect(broken.diagnostics[0]).toEqual({
      severity: 'error',
      code: 'unknown-stanza',
      line: 2,
      column: 1,
      endLine: 2,
      endColumn: 5,
      message: expect.stringMatching(/^Unknown stanza/),
      hint: expect.stringContaining('task'),
    });
    expect(program).toEqual({
      file: job('program'),
      dialect: 'domstart',
      valid: true,
      diagnostics: [],
    });
    expect(status).toBe(65);
  });

  test('takes the dialect that it is told', async () => {
    await using cli = await commandLine();
    const { status, stdout } = await cli.run([
      'check',
      '--dialect',
      'init',
      '--json',
      job('program'),
    ]);
    const { dialect, diagnostics } = JSON.parse(stdout);
    expect(dialect).toBe('init');
    expect(diagnostics.map(({ line }: { line: number }) => line)).toContain(7);
    expect(status).toBe(65);
  });

  test('reads standard input', async () => {
    await using cli = await commandLine();
    const stdin = job('broken');
    const { status, stdout } = await cli.run(['check', '-'], { stdin });
    expect(stdout).toContain('-:2:1: error[unknown-stanza]');
    expect(status).toBe(65);
  });

  test('goes on behind a file that is missing', async () => {
    await using cli = await commandLine();
    const { status, stderr } = await cli.run(['check', 'no-such.conf', 'jobs']);
    expect(stderr).toContain('no such job file or folder: no-such.conf');
    expect(stderr).toContain(`${shipped} files: valid`);
    expect(status).toBe(66);
  });
});

describe('--json', () => {
  test('has an object for what cannot be read', async () => {
    await using cli = await commandLine();
    const args = ['check', '--json', 'no-such.conf', 'docs', job('program')];
    const { status, stdout } = await cli.run(args);
    const [program, ...unreadable] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(program).toMatchObject({ file: job('program'), valid: true });
    const place = { line: 1, column: 1, endLine: 1, endColumn: 1 };
    const told = (file: string, message: string, hint: unknown) => ({
      file,
      dialect: 'domstart',
      valid: false,
      diagnostics: [{ severity: 'error', code: 'unreadable', ...place, message, hint }],
    });
    const byFile = unreadable.sort((a, b) => (a.file < b.file ? -1 : 1));
    expect(byFile).toEqual([
      told('docs', 'no job files in docs', expect.stringContaining('.conf')),
      told('no-such.conf', 'no such job file or folder: no-such.conf', null),
    ]);
    expect(status).toBe(66);
  });

  test('tells the place that explains another, and null where there is no hint', async () => {
    await using cli = await commandLine();
    const { stdout } = await cli.run(['check', '--json', job('open-quote')]);
    const [diagnostic] = JSON.parse(stdout).diagnostics;
    expect(diagnostic).toMatchObject({
      code: 'unterminated-quote',
      related: { line: 2, column: 14, message: expect.any(String) },
    });
    expect(diagnostic).toHaveProperty('hint');
  });
});

describe('the command line', () => {
  test('says its version', async () => {
    await using cli = await commandLine();
    const { status, stdout } = await cli.run(['--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(status).toBe(0);
  });

  test.for([['frobnicate'], ['run'], ['check', '--dialect', 'perl', 'jobs']])(
    'refuses %j with 64 and a hint',
    async (args) => {
      await using cli = await commandLine();
      const { status, stdout, stderr } = await cli.run(args);
      expect(stderr).toMatch(/^error: [\s\S]*--help/);
      expect([status, stdout]).toEqual([64, '']);
    },
  );

  test('without arguments teaches', async () => {
    await using cli = await commandLine();
    const { stdout } = await cli.run(['--help']);
    for (const command of ['run', 'check', 'setup', 'doctor']) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    }
  });
});
