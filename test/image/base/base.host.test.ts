import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readTar } from '../../../src/archive/read-tar.ts';
import { type BaseRequest, obtainBase } from '../../../src/image/base/base.ts';
import { sharedBase } from '../../support/shared-base.ts';

/** A real build takes 20 s where nothing else runs. */
const LONG = 15 * 60_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-base-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function build(own: Partial<BaseRequest> = {}) {
  return obtainBase({
    ...{ cache: join(folder, 'cache'), mayFetch: true, onProgress: () => {} },
    source: { kind: 'debootstrap', suite: 'bookworm' },
    signal: AbortSignal.timeout(LONG),
    ...own,
  });
}

const isSame = (one: string, other: string) => {
  try {
    execFileSync('cmp', [one, other], { stdio: 'pipe' });
    return '';
  } catch (error) {
    return (error as { stdout: Buffer }).stdout.toString() || String(error);
  }
};

it(
  'a base of bookworm is the same bytes when it is made again, and nothing of this host',
  async () => {
    using first = await sharedBase();
    // apt works as its own user where that can get there, which it cannot in the home of root.
    chmodSync(folder, 0o755);
    const lists = statSync('/var/lib/apt/lists').mtimeMs;
    using again = await build();
    // A tool that lost its settings would work on the host.
    expect(statSync('/var/lib/apt/lists').mtimeMs).toBe(lists);
    expect([again.cached, again.key]).toEqual([false, first.key]);
    expect(isSame(first.tar, again.tar)).toBe('');
    const names = new Set<string>();
    let newest = 0;
    for await (const { entry } of readTar(again.tar)) {
      names.add(entry.path);
      newest = Math.max(newest, entry.mtime);
    }
    expect(newest).toBe(again.manifest.epoch);
    expect(names).toContain('usr/bin/apt-get');
    const inside = /^(tmp|var\/lib\/apt\/lists)\/(?!lock$|partial$)/;
    expect([...names].filter((name) => inside.test(name))).toEqual([]);
    const leftovers = ['etc/resolv.conf', 'etc/hostname', '.domstart', 'usr/sbin/policy-rc.d'];
    for (const name of [...leftovers, 'etc/apt/apt.conf.d/99mmdebstrap', 'var/log/dpkg.log']) {
      expect(names).not.toContain(name);
    }
    expect(readdirSync(join(folder, 'cache/tmp'))).toEqual([]);
  },
  LONG,
);

it('a package that does not exist is named', async () => {
  await expect(build({ packages: ['bzip2', 'no-such-package'] })).rejects.toMatchObject({
    code: 'job-invalid',
    message: 'cannot make the base bookworm: there is no package no-such-package in bookworm',
  });
  expect(readdirSync(join(folder, 'cache/tmp'))).toEqual([]);
});

it.runIf(process.getuid?.() === 0)(
  'a base by debootstrap has the same packages',
  async () => {
    using one = await sharedBase();
    using other = await build({ tool: 'debootstrap' });
    expect(other.manifest.packages).toEqual(one.manifest.packages);
    expect(other.manifest.archive).toEqual(one.manifest.archive);
    const names = new Set<string>();
    for await (const { entry } of readTar(other.tar)) names.add(entry.path);
    for (const name of ['etc/resolv.conf', 'etc/hostname', 'usr/sbin/policy-rc.d', '.domstart']) {
      expect(names).not.toContain(name);
    }
  },
  LONG,
);

// The mirror is asked for every package anew: `DOMSTART_TEST_SLOW=1` for those who have the time.
it.runIf(process.getuid?.() === 0 && process.env['DOMSTART_TEST_SLOW'])(
  'a base by debootstrap is the same bytes when it is made again',
  async () => {
    using one = await build({ tool: 'debootstrap' });
    using other = await build({ tool: 'debootstrap', cache: join(folder, 'other') });
    expect(isSame(one.tar, other.tar)).toBe('');
  },
  LONG,
);
