import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DomstartError } from '../model/errors.ts';
import type { HostTools } from '../ports/host-tools.ts';
import { publish } from '../system/cache-entry.ts';
import { unpackPackage } from './apt.ts';
import { type Fetch, packageFolder } from './fetch.ts';

const PACKAGE = 'busybox-static';

/** The newest busybox that an earlier run fetched. */
export async function findBusybox(cache: string): Promise<HostTools['busybox'] | undefined> {
  const names = await readdir(join(cache, 'packages')).catch(() => []);
  const newest = names
    .filter((name) => name.startsWith(`${PACKAGE}_`))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1);
  return newest === undefined ? undefined : describeBusybox(join(cache, 'packages', newest));
}

/** Fetches Debian's static busybox. The host's own, where it has one, is not asked for. */
export async function fetchBusybox(fetch: Fetch): Promise<HostTools['busybox']> {
  const [deb] = await fetch.apt.download([PACKAGE]);
  if (deb === undefined) {
    throw new DomstartError('host-incapable', `apt-get gave no file for ${PACKAGE}`);
  }
  const folder = join(fetch.folder, 'busybox');
  await unpackPackage(deb, folder, fetch.signal);
  const final = packageFolder(fetch.cache, deb);
  await publish(folder, final);
  return describeBusybox(final);
}

function describeBusybox(folder: string): HostTools['busybox'] {
  const path = ['bin/busybox', 'usr/bin/busybox']
    .map((name) => join(folder, name))
    .find((name) => existsSync(name));
  if (path === undefined) {
    throw new DomstartError('host-incapable', `the package in ${folder} holds no busybox`, {
      hint: `remove ${folder}; it will be fetched again`,
    });
  }
  return { path, version: decodeURIComponent(basename(folder).split('_')[1] ?? '') };
}
