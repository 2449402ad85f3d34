import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { obtainImage } from '../../src/image/obtain-image.ts';
import { exportImage } from '../../src/image/ship/export-image.ts';
import { importImage } from '../../src/image/ship/import-image.ts';
import { pruneCache } from '../../src/image/store/prune-cache.ts';
import { parseJob } from '../../src/language/parse-job.ts';
import type { GuestTools } from '../../src/ports/host-tools.ts';

const { signal } = new AbortController();
const onProgress = () => {};

let folder: string;
let here: string;
let there: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-shipped-'));
  [here, there] = [join(folder, 'here'), join(folder, 'there')];
  file = join(folder, 'one.image');
  mkdirSync(join(folder, 'root/etc'), { recursive: true });
  writeFileSync(join(folder, 'root/etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(folder, 'root/etc/group'), 'root:x:0:\n');
  for (const host of [here, there]) mkdirSync(join(host, 'jobs'), { recursive: true });
  pack(join(here, 'jobs/root.tar'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function pack(tar: string): void {
  execFileSync('tar', ['-C', join(folder, 'root'), '-cf', tar, '.']);
}

const cacheOf = (host: string) => join(host, 'cache');
const namesIn = (host: string, kind: string) => existsSync(join(cacheOf(host), kind));

/** The image of a job in the folder of jobs of a host, which needs no tool of it. */
async function imageOf(host: string, { hostname = 'one', source = 'tar root.tar' } = {}) {
  const jobFile = join(host, 'jobs/one.conf');
  const text = `image from ${source}\nimage size 32M\nimage hostname ${hostname}\nguest init direct\nguest one\n    exec true\nend guest\n`;
  const { job } = parseJob({ text, file: jobFile, dialect: 'domstart' });
  if (job?.domain === undefined) throw new Error('the job is broken');
  const image = await obtainImage(
    { domain: job.domain, environment: new Map(), jobFile, signal, onProgress },
    {
      ...{ cache: cacheOf(host), tools: {} as GuestTools },
      compileGuest() {
        throw new Error('nothing runs here');
      },
    },
  );
  image.release();
  return image;
}

async function ship(): Promise<string> {
  const { key = '' } = await imageOf(here);
  await exportImage({ cache: cacheOf(here), key, to: file, signal });
  await importImage({ cache: cacheOf(there), file, signal, onProgress });
  return key;
}

describe('an image that was shipped', () => {
  test('is the one of the same job and the same tar; neither base nor disk is made', async () => {
    const key = await ship();
    pack(join(there, 'jobs/root.tar'));
    expect(await imageOf(there)).toMatchObject({ key, cached: true });
    expect(['bases', 'disks'].filter((kind) => namesIn(there, kind))).toEqual([]);
  });

  test('is the one of the same job where the tar is not', async () => {
    const key = await ship();
    const image = await imageOf(there);
    expect(image).toMatchObject({ key, cached: true });
    expect(readFileSync(image.disk).length).toBe(32 * 2 ** 20);
    expect(image.base?.key).toMatch(/^[0-9a-f]{20}$/);
  });

  test('is not the one of another job, nor of another tar', async () => {
    const key = await ship();
    await expect(imageOf(there, { hostname: 'two' })).rejects.toMatchObject({
      code: 'file-missing',
      message: expect.stringContaining('root.tar'),
    });
    writeFileSync(join(folder, 'root/etc/motd'), 'another\n');
    pack(join(there, 'jobs/root.tar'));
    const other = await imageOf(there);
    expect(other.cached).toBe(false);
    expect(other.key).not.toBe(key);
  });
});

describe('an image that was made here', () => {
  test('is used without its base and disk, but not without its tar', async () => {
    const { key } = await imageOf(here);
    for (const kind of ['bases', 'disks']) {
      rmSync(join(cacheOf(here), kind), { recursive: true });
    }
    expect(await imageOf(here)).toMatchObject({ key, cached: true });
    expect(namesIn(here, 'disks')).toBe(false);
    rmSync(join(here, 'jobs/root.tar'));
    await expect(imageOf(here)).rejects.toMatchObject({ code: 'file-missing' });
  });

  test('and was pruned is made again', async () => {
    const { key } = await imageOf(here);
    await pruneCache({ cache: cacheOf(here) });
    expect(await imageOf(here)).toMatchObject({ key, cached: false });
  });
});
