import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DomstartError, messageOf } from '../../model/errors.ts';
import type { ImageEntry } from '../../model/guest-files.ts';
import type { GuestTools } from '../../ports/host-tools.ts';
import { writeCpio } from '../cpio.ts';
import { moduleEntries } from '../kernel-modules.ts';
import { BASE_ENTRIES } from './base-entries.ts';

export interface BaseRequest {
  readonly cache: string;
  readonly tools: GuestTools;
  readonly modules: readonly string[];
}

/** To be raised when the code below, and not its inputs, changes what comes out. */
const LAYOUT = 1;

/** A partial file older than this belongs to a process that was killed. */
const PARTIAL_AGE_MS = 10 * 60_000;

/**
 * The part of the root file system that all jobs share, as an archive in the cache. Its name is a
 * digest of everything that goes into it: versions of busybox and kernel, the modules, the files
 * of `BASE_ENTRIES`. It is published by rename.
 */
export async function busyboxBase(
  request: BaseRequest,
): Promise<{ readonly path: string; readonly cached: boolean }> {
  const path = join(request.cache, 'images', `busybox-${digest(request)}.cpio`);
  if (existsSync(path)) return { path, cached: true };
  await mkdir(dirname(path), { recursive: true });
  await sweepPartials(dirname(path));
  const partial = `${path}.${randomBytes(4).toString('hex')}.partial`;
  try {
    await writeFile(partial, writeCpio(await baseEntries(request)), { flush: true });
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
  return { path, cached: false };
}

function digest({ tools, modules }: BaseRequest): string {
  const { kernel, busybox } = tools;
  const inputs = [LAYOUT, busybox.version, modules, BASE_ENTRIES];
  // Without modules the kernel's version is in no file.
  const all = modules.length === 0 ? inputs : [...inputs, kernel.version, kernel.modulesFolder];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 20);
}

async function baseEntries({ tools, modules }: BaseRequest): Promise<ImageEntry[]> {
  const { busybox, kernel } = tools;
  const applets = (await appletPaths(busybox.path)).map((path): ImageEntry => {
    return { kind: 'link', path: `/${path}`, target: '/bin/busybox' };
  });
  const binary: ImageEntry = {
    kind: 'file',
    path: '/bin/busybox',
    mode: 0o755,
    content: await readFile(busybox.path),
  };
  const more = modules.length === 0 ? [] : await moduleEntries(kernel, modules);
  const own = [...BASE_ENTRIES, binary, ...more];
  const taken = new Set(own.map((entry) => entry.path));
  const entries = [...own, ...applets.filter((entry) => !taken.has(entry.path))];
  return [...missingFolders(entries), ...entries];
}

async function appletPaths(busybox: string): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)(busybox, ['--list-full']);
    return stdout.split('\n').filter((path) => path !== '' && !path.endsWith('/busybox'));
  } catch (error) {
    throw new DomstartError('host-incapable', `${busybox} does not run: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The folders above the entries that are not entries themselves. */
export function missingFolders(
  entries: readonly ImageEntry[],
  known: ReadonlySet<string> = new Set(),
): ImageEntry[] {
  const named = new Set(entries.map((entry) => entry.path));
  const folders = new Set<string>();
  for (const { path } of entries) {
    for (let above = dirname(path); above !== '/'; above = dirname(above)) {
      if (!named.has(above) && !known.has(above)) folders.add(above);
    }
  }
  return Array.from(folders, (path) => ({ kind: 'folder', path, mode: 0o755 }));
}

async function sweepPartials(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.partial')) continue;
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found === undefined || Date.now() - found.mtimeMs < PARTIAL_AGE_MS) continue;
    await rm(join(folder, name), { force: true });
  }
}
