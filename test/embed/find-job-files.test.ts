import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findJobFiles } from '../../src/embed/find-job-files.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-find-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), 'task\n');
  }
}

async function namesIn(path: string): Promise<(string | undefined)[]> {
  return (await findJobFiles(join(folder, path))).map(({ name }) => name);
}

const SKIPPED_FOLDERS = ['.git', '.svn', 'x~', 'x.bak', 'CVS', 'RCS', 'old.dpkg-old'];

test('of event.d every file is a job, except hidden ones and leftovers', async () => {
  const jobs = ['a', 'b.conf', 'b.override', 'c.rpmsave', 'sub/tty1'];
  const others = ['.a', 'a~', 'a.bak', '#a#', '.a.swp', 'a.swp', 'a,v', 'a.dpkg-new', 'CVS'];
  write(...[...jobs, ...others].map((name) => `event.d/${name}`));
  const folders = SKIPPED_FOLDERS.filter((name) => !others.includes(name));
  write(...folders.map((name) => `event.d/${name}/config`));
  expect(await namesIn('event.d')).toEqual(jobs);
});

test('elsewhere those are that end in .conf and have a name; hidden ones too', async () => {
  write('.d.conf', 'a.conf', 'e.f.conf', 'sub/one.conf');
  write('.conf', 'sub/.conf', 'a', 'a.conf~', 'a.conf.dpkg-old', 'a.override');
  write(...SKIPPED_FOLDERS.map((name) => `${name}/a.conf`));
  expect(await namesIn('.')).toEqual(['.d', 'a', 'e.f', 'sub/one']);
});

test('a link to a file is one; links to folders or nothing, folders and pipes are skipped', async () => {
  write('real', 'elsewhere/x');
  symlinkSync('real', join(folder, 'link.conf'));
  symlinkSync('elsewhere', join(folder, 'sub'));
  symlinkSync('elsewhere', join(folder, 'folder.conf'));
  symlinkSync('nothing', join(folder, '.#a.conf'));
  mkdirSync(join(folder, 'true-folder.conf'));
  execFileSync('mkfifo', [join(folder, 'pipe.conf')]);
  expect(await namesIn('.')).toEqual(['link']);
});

test('a folder whose files are all skipped has no job files', async () => {
  write('.git/a.conf', '.conf');
  await expect(findJobFiles(folder)).rejects.toMatchObject({
    code: 'job-file-missing',
    message: `no job files in ${folder}`,
  });
});
