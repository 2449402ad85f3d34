import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DomstartError, messageOf } from '../../model/errors.ts';
import type { BaseRequest } from './base.ts';
import { digestOf } from './base-key.ts';
import { PAX } from './clean-root.ts';
import { lastLines, roomError } from './faults.ts';
import { runGuarded } from './guarded.ts';
import type { PlainPlan } from './made-base.ts';
import { measureTar } from './measure-tar.ts';

/** A base that is what a folder of the host has: see `obtainBase`. */
export async function directoryPlan(request: BaseRequest, path: string): Promise<PlainPlan> {
  const { signal, onProgress } = request;
  const digest = await digestOfFolder(path);
  return {
    key: digestOf('directory', digest),
    what: `the base ${path}`,
    make: async (folder) => {
      onProgress(`packs ${path}`);
      const tar = join(folder, 'root.tar');
      await pack(path, tar, signal);
      if ((await digestOfFolder(path)) !== digest) throw changed(path);
      const { contentBytes, entries, newest } = await measureTar(tar, { signal });
      return { source: { kind: 'directory', path }, epoch: newest, contentBytes, entries };
    },
  };
}

function changed(path: string): DomstartError {
  return new DomstartError('host-io', `${path} was changed while it was read`, {
    hint: 'give the command again when whoever writes there is done',
  });
}

async function pack(path: string, tar: string, signal: AbortSignal): Promise<void> {
  const options = ['--sort=name', '--numeric-owner', '--one-file-system', ...PAX.map(wholeSeconds)];
  const attributes = ['--xattrs', '--xattrs-exclude=system.*'];
  const command = ['tar', '-C', path, ...options, ...attributes, '-cf', tar, '.'] as const;
  const result = await runGuarded([...command], { signal });
  if (result.ok) return;
  if (result.lines.some((line) => /changed as we read it|removed before we read it/.test(line))) {
    throw changed(path);
  }
  const full = roomError(`pack ${path}`, result.lines);
  if (full !== undefined) throw full;
  throw new DomstartError('host-io', `cannot pack ${path}:\n${lastLines(result.lines)}`, {
    hint: 'files of other users may take root to read',
  });
}

/** Fractions of seconds would take an extended header for each file. */
function wholeSeconds(option: string): string {
  return option.startsWith('--pax-option') ? `${option},delete=mtime` : option;
}

/**
 * Over what the files are as the file system tells it, without reading them: names, kinds, modes,
 * owners, sizes, and both times. A file that is changed has another time of change, which nobody can
 * set.
 */
async function digestOfFolder(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    const top = await lstat(path);
    if (!top.isDirectory()) throw new DomstartError('file-missing', `${path} is no folder`);
    await walk(path, '.', (line) => hash.update(line));
  } catch (error) {
    if (error instanceof DomstartError) throw error;
    throw new DomstartError('file-missing', `cannot read ${path}: ${messageOf(error)}`, {
      hint: 'look at `image from directory`; files of other users may take root to read',
      cause: error,
    });
  }
  return hash.digest('hex');
}

async function walk(root: string, path: string, tell: (line: string) => void): Promise<void> {
  const stat = await lstat(join(root, path), { bigint: true });
  tell(`${JSON.stringify([path, ...numbersOf(stat)])}\n`);
  if (!stat.isDirectory()) return;
  for (const name of (await readdir(join(root, path))).sort()) {
    await walk(root, join(path, name), tell);
  }
}

/** The size of a folder is that of its list of names, of which nobody knows. */
function numbersOf(stat: BigIntStats): string[] {
  const { mode, uid, gid, size, mtimeNs, ctimeNs, ino, rdev } = stat;
  const bytes = stat.isDirectory() ? 0n : size;
  return [mode, uid, gid, bytes, mtimeNs, ctimeNs, ino, rdev].map(String);
}
