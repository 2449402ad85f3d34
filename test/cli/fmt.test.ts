import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { replaceFile } from '../../src/cli/replace-file.ts';
import { commandLine } from '../support/domstart.ts';

const UNTIDY = 'task   # one\n\n\n  env   A=1\n';
const TIDY = 'task   # one\n\nenv A=1\n';

/** A folder with job files in it; it is gone afterwards. */
async function folderWith(files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), 'domstart-fmt-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return {
    path: (name: string) => join(folder, name),
    read: (name: string) => readFile(join(folder, name), 'utf8'),
    names: () => readdir(folder),
    folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

describe('domstart fmt', () => {
  test('changes files in place, names them, and keeps their modes', async () => {
    await using cli = await commandLine();
    await using jobs = await folderWith({ 'a.conf': UNTIDY, 'b.conf': TIDY });
    await chmod(jobs.path('a.conf'), 0o640);
    const { status, stdout, stderr } = await cli.run(['fmt', jobs.folder]);
    expect([status, stdout, stderr]).toEqual([0, `${jobs.path('a.conf')}\n`, '']);
    expect(await jobs.read('a.conf')).toBe(TIDY);
    expect((await stat(jobs.path('a.conf'))).mode & 0o7777).toBe(0o640);
    expect((await jobs.names()).sort()).toEqual(['a.conf', 'b.conf']);
    expect((await cli.run(['fmt', jobs.folder])).stdout).toBe('');
  });

  test('changes what a symbolic link leads to', async () => {
    await using cli = await commandLine();
    await using jobs = await folderWith({ real: UNTIDY });
    await symlink('real', jobs.path('link.conf'));
    expect((await cli.run(['fmt', jobs.path('link.conf')])).status).toBe(0);
    expect(await jobs.read('real')).toBe(TIDY);
    expect((await lstat(jobs.path('link.conf'))).isSymbolicLink()).toBe(true);
  });

  test('--check changes nothing and fails where something would be changed', async () => {
    await using cli = await commandLine();
    await using jobs = await folderWith({ 'a.conf': UNTIDY, 'b.conf': TIDY });
    const { status, stdout } = await cli.run(['fmt', '--check', jobs.folder]);
    expect([status, stdout]).toEqual([1, `${jobs.path('a.conf')}\n`]);
    expect(await jobs.read('a.conf')).toBe(UNTIDY);
    expect((await cli.run(['fmt', '--check', jobs.path('b.conf')])).status).toBe(0);
  });

  test('leaves a file with errors alone, explains it, and goes on', async () => {
    await using cli = await commandLine();
    await using jobs = await folderWith({ 'a.conf': 'tsk   a\n', 'b.conf': UNTIDY });
    const { status, stdout, stderr } = await cli.run(['fmt', jobs.folder]);
    expect([status, stdout]).toEqual([65, `${jobs.path('b.conf')}\n`]);
    expect(stderr).toContain('a.conf:1:1: error[unknown-stanza]');
    expect(await jobs.read('a.conf')).toBe('tsk   a\n');
  });

  test('a file that is not UTF-8 is not written anew', async () => {
    await using cli = await commandLine();
    await using jobs = await folderWith({});
    const bytes = Buffer.from([0x23, 0x20, 0x20, 0xe9, 0x0a, 0x0a, 0x0a]);
    await writeFile(jobs.path('a.conf'), bytes);
    const { status, stderr } = await cli.run(['fmt', jobs.path('a.conf')]);
    expect(stderr).toContain('not UTF-8');
    expect(status).toBe(65);
    expect(await readFile(jobs.path('a.conf'))).toEqual(bytes);
  });

  test('overrides of a folder are formatted as well, also without their jobs', async () => {
    await using cli = await commandLine();
    const override = '  exec   b\n\n\n  manual\n';
    await using jobs = await folderWith({
      'a.conf': 'exec a\n',
      'a.override': override,
      'z.override': override,
      'bad.conf': 'task\n',
      'bad.override': 'bogus\n',
    });
    const { status, stdout, stderr } = await cli.run(['fmt', jobs.folder]);
    expect(stdout).toBe(`${jobs.path('a.override')}\n${jobs.path('z.override')}\n`);
    expect(stderr).toContain('bad.override:1:1: error[unknown-stanza]');
    expect(status).toBe(65);
    for (const name of ['a.override', 'z.override']) {
      expect(await jobs.read(name)).toBe('exec b\n\nmanual\n');
    }
  });

  test('a file that is not UTF-8 does not keep the others of its folder', async () => {
    await using cli = await commandLine();
    await using jobs = await folderWith({ 'b.conf': UNTIDY });
    await writeFile(jobs.path('a.conf'), Buffer.from([0x23, 0xe9, 0x0a]));
    const { status, stdout, stderr } = await cli.run(['fmt', jobs.folder]);
    expect(stderr).toContain(`${jobs.path('a.conf')} is not UTF-8`);
    expect([status, stdout]).toEqual([65, `${jobs.path('b.conf')}\n`]);
    expect(await jobs.read('b.conf')).toBe(TIDY);
  });

  test('a file that cannot be replaced is named, and nothing is left beside it', async () => {
    await using jobs = await folderWith({ 'a.conf': UNTIDY });
    await mkdir(jobs.path('folder.conf'));
    const file = jobs.path('folder.conf');
    await expect(replaceFile(file, TIDY)).rejects.toMatchObject({
      code: 'host-io',
      message: `cannot rewrite ${file}: illegal operation on a directory`,
      hint: undefined,
    });
    expect((await jobs.names()).sort()).toEqual(['a.conf', 'folder.conf']);
  });

  test('prints one object a line for each file', async () => {
    await using cli = await commandLine();
    await using jobs = await folderWith({ 'a.conf': UNTIDY, 'b.conf': 'tsk\n' });
    const { stdout } = await cli.run(['fmt', '--json', '--check', jobs.folder]);
    const [a, b] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const dialect = 'domstart';
    const file = jobs.path('a.conf');
    expect(a).toEqual({ file, dialect, valid: true, changed: true, diagnostics: [] });
    expect(b).toMatchObject({ valid: false, changed: false, diagnostics: [{ line: 1 }] });
  });

  test('formats standard input to standard output', async () => {
    await using cli = await commandLine();
    await using jobs = await folderWith({ 'a.conf': UNTIDY });
    const stdin = jobs.path('a.conf');
    expect(await cli.run(['fmt', '-'], { stdin })).toEqual({ status: 0, stdout: TIDY, stderr: '' });
    const failed = await cli.run(['fmt', '-', '--dialect', 'event.d'], { stdin });
    expect([failed.status, failed.stdout]).toEqual([65, '']);
    expect(failed.stderr).toContain('-:1:1: error[unknown-stanza]');
  });
});
