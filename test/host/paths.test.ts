import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheFolder, runFolder, stateFolder } from '../../src/host/paths.ts';

describe('the folders of this host', () => {
  it.each([
    [{ HOME: '/h' }, '/h/.cache/domstart'],
    [{ HOME: '/h', XDG_CACHE_HOME: '/x' }, '/x/domstart'],
    [{ HOME: '/h', XDG_CACHE_HOME: '/x', DOMSTART_CACHE: '/mine' }, '/mine'],
    [{ HOME: '/h', DOMSTART_CACHE: '' }, '/h/.cache/domstart'],
  ])('with %j keep the cache in %s', (environment, folder) => {
    expect(cacheFolder(environment)).toBe(folder);
  });

  it('keep the cache among the temporary files, under the user, where there is no home', () => {
    const noHome = () => {
      throw new Error('ENOENT: uv_os_homedir');
    };
    expect(cacheFolder({}, noHome)).toBe(join(tmpdir(), `domstart-cache-${process.getuid?.()}`));
    expect(cacheFolder({ DOMSTART_CACHE: '/mine' }, noHome)).toBe('/mine');
  });

  it('keep runs in the runtime folder, or among the temporary files, under the user', () => {
    expect(runFolder({ XDG_RUNTIME_DIR: '/run/user/7' })).toBe('/run/user/7/domstart');
    expect(runFolder({ DOMSTART_RUN: '/r', XDG_RUNTIME_DIR: '/run/user/7' })).toBe('/r');
    expect(runFolder({})).toBe(join(tmpdir(), `domstart-${process.getuid?.()}`));
  });

  it.each([
    [{ HOME: '/h' }, 0, '/var/lib/domstart'],
    [{ HOME: '/h' }, 7, '/h/.local/state/domstart'],
    [{ HOME: '/h', XDG_STATE_HOME: '/x' }, 7, '/x/domstart'],
    [{ HOME: '/h', XDG_STATE_HOME: '/x', DOMSTART_STATE: '/mine' }, 7, '/mine'],
    [{ DOMSTART_STATE: '/mine' }, 0, '/mine'],
    [{}, 7, '/.local/state/domstart'],
  ])('with %j keep the state of user %d in %s', (environment, uid, folder) => {
    const home = () => {
      throw new Error('ENOENT: uv_os_homedir');
    };
    expect(stateFolder(environment, { uid, home })).toBe(folder);
  });
});
