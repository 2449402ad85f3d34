import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheFolder, prepareRunFolder, runFolder } from '../../src/host/paths.ts';

describe('the folders of this host', () => {
  it.each([
    [{ HOME: '/h' }, '/h/.cache/domstart'],
    [{ HOME: '/h', XDG_CACHE_HOME: '/x' }, '/x/domstart'],
    [{ HOME: '/h', XDG_CACHE_HOME: '/x', DOMSTART_CACHE: '/mine' }, '/mine'],
    [{ HOME: '/h', DOMSTART_CACHE: '' }, '/h/.cache/domstart'],
  ])('with %j keep the cache in %s', (environment, folder) => {
    expect(cacheFolder(environment)).toBe(folder);
  });

  it('keep runs in the runtime folder, or among the temporary files, under the user', () => {
    expect(runFolder({ XDG_RUNTIME_DIR: '/run/user/7' })).toBe('/run/user/7/domstart');
    expect(runFolder({ DOMSTART_RUN: '/r', XDG_RUNTIME_DIR: '/run/user/7' })).toBe('/r');
    expect(runFolder({})).toBe(join(tmpdir(), `domstart-${process.getuid?.()}`));
  });
});

describe('the run folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'domstart-paths-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made for us alone', async () => {
    await prepareRunFolder(join(folder, 'a/run'));
    expect(statSync(join(folder, 'a/run')).mode & 0o777).toBe(0o700);
    await prepareRunFolder(join(folder, 'a/run'));
  });

  it('is refused where others can write to it, or where it is something else', async () => {
    const run = join(folder, 'run');
    mkdirSync(run);
    chmodSync(run, 0o777);
    await expect(prepareRunFolder(run)).rejects.toThrow('can be written to by others');
    symlinkSync('/tmp', join(folder, 'link'));
    await expect(prepareRunFolder(join(folder, 'link'))).rejects.toThrow('is not a folder');
    writeFileSync(join(folder, 'file'), '');
    await expect(prepareRunFolder(join(folder, 'file'))).rejects.toMatchObject({
      code: 'host-io',
      hint: expect.stringContaining('DOMSTART_RUN'),
    });
  });
});
