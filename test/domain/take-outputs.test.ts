import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeOutputs } from '../../src/domain/take-outputs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-outputs-'));
  mkdirSync(join(folder, 'guest/root/result'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const LIMITS = { bytes: 1024 * 1024, count: 10 };

/** A disk as the guest's init leaves it: a tar, and behind it what was there before. */
function disk(paths: readonly string[], instance = '') {
  const path = join(folder, 'disk');
  rmSync(path, { force: true });
  execFileSync('tar', [
    '-C',
    join(folder, 'guest'),
    '-cf',
    path,
    '--',
    ...paths.map((one) => `.${one}`),
  ]);
  truncateSync(path, 4 * 1024 * 1024);
  return {
    disk: { path, paths, limits: LIMITS },
    outputDir: join(folder, 'out/new'),
    job: 'job',
    instance,
  };
}

test('what comes back is where it was in the guest, and takes the place of what came before', async () => {
  writeFileSync(join(folder, 'guest/root/result/one'), '1');
  await takeOutputs(disk(['/root/result']));
  rmSync(join(folder, 'guest/root/result/one'));
  writeFileSync(join(folder, 'guest/root/result/two'), '22');
  const taken = await takeOutputs(disk(['/root/result']));
  expect(taken).toEqual({ folder: join(folder, 'out/new/job.out'), files: 1, missing: [] });
  expect(readdirSync(join(taken.folder, 'root/result'))).toEqual(['two']);
  expect(readFileSync(join(taken.folder, 'root/result/two'), 'utf8')).toBe('22');
  expect(readdirSync(join(folder, 'out/new'))).toEqual(['job.out']);
});

test('an instance has a folder of its own, whatever it is called', async () => {
  const { folder: own } = await takeOutputs(disk(['/root/result'], '../a b'));
  expect(readdirSync(join(folder, 'out/new'))).toEqual([own.split('/').at(-1)]);
});

test('what was asked for and is not there is told', async () => {
  const request = disk(['/root/result']);
  const paths = ['/root/result', '/root/gone', '/root'];
  const { missing } = await takeOutputs({ ...request, disk: { ...request.disk, paths } });
  expect(missing).toEqual(['/root/gone']);
});

test('a disk on which nothing was written hands nothing back', async () => {
  const request = disk(['/root/result']);
  writeFileSync(request.disk.path, Buffer.alloc(64 * 1024));
  expect(await takeOutputs(request)).toMatchObject({ files: 0, missing: ['/root/result'] });
});

test('what is refused leaves nothing, and what came before stays', async () => {
  writeFileSync(join(folder, 'guest/root/result/one'), '1');
  await takeOutputs(disk(['/root/result']));
  symlinkSync('../../../../etc/passwd', join(folder, 'guest/root/result/link'));
  await expect(takeOutputs(disk(['/root/result']))).rejects.toMatchObject({
    code: 'archive-invalid',
    hint: expect.stringContaining('links may lead'),
  });
  expect(readdirSync(join(folder, 'out/new'))).toEqual(['job.out']);
  expect(readdirSync(join(folder, 'out/new/job.out/root/result'))).toEqual(['one']);
});
