import { chmod, link, mkdir, open, symlink, unlink } from 'node:fs/promises';
import { DomstartError } from '../model/errors.ts';
import { currentUmask } from '../system/umask.ts';
import { checkLinks, linksBelow } from './check-links.ts';
import { bytesOf, quoted, textOf } from './names.ts';
import { readTar } from './read-tar.ts';
import { hostError, publishStaged, withStaging } from './staging.ts';
import { type FolderNode, nodeAt, nodesBelow, placeOf, rootFolder } from './taken-tree.ts';
import type { TarEntry, TarItem } from './tar-entry.ts';
import { TarFault } from './tar-fault.ts';

/** What was taken out. */
export interface Taken {
  /** Below `into`, for people: bytes that are no UTF-8 have become U+FFFD. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  /** Of a file, in bytes. */
  readonly size: number;
}

export interface TakeOutOptions {
  /** The name of a file or of a raw disk, or its bytes. */
  readonly tar: string | AsyncIterable<Uint8Array>;
  /** A folder that is not there yet, or is empty; the one above it is there. */
  readonly into: string;
  readonly limits: {
    /** Of the content of all files, also of those that a later one of the same name replaces. */
    readonly bytes: number;
    /** Of entries, and of folders that have no entry of their own. */
    readonly count: number;
  };
  /** For messages; default: the tar. */
  readonly name?: string;
  readonly signal?: AbortSignal;
}

/**
 * Takes out of a tar what a guest wrote into it, and trusts nothing of it.
 *
 * All of it is made in a new folder beside `into` that only its owner can enter, and published by
 * one rename; nothing is left of it on any other way out, and what a killed process left is removed
 * by the next one with the same folder above. Links are made last, when it is known where each leads:
 * while files are written there is no link on the disk that anything could be written through.
 *
 * Refused are names and links that lead out, hard links to anything but a file taken out before,
 * devices, fifos, a name that comes again as another kind of thing, and more than the limits. A name
 * that comes again as the same kind replaces what it named. What comes out belongs to who runs this,
 * with the permission bits of the tar but for the umask, set-uid, set-gid and sticky; its owner may
 * always read it. Times and extended attributes are not taken over.
 *
 * The list is sorted by name. Throws `archive-invalid`, `file-missing` (the tar), `host-io` (no
 * space; `into` is there) and `cancelled`.
 */
export async function takeOut(options: TakeOutOptions): Promise<readonly Taken[]> {
  const { tar, into, limits, signal, name = typeof tar === 'string' ? tar : 'the tar' } = options;
  return await withStaging(into, async (folder) => {
    const taking = new Taking(folder, limits);
    try {
      for await (const item of readTar(tar, { name, ...(signal && { signal }) }))
        await taking.add(item);
      await taking.finish(signal);
    } catch (error) {
      throw explained(error, name, into);
    }
    throwIfAborted(signal);
    await publishStaged(folder, into);
    return listOf(taking.root);
  });
}

class Taking {
  readonly root = rootFolder();
  readonly #folder: string;
  readonly #limits: TakeOutOptions['limits'];
  readonly #umask = currentUmask();
  #bytes = 0;
  #entries = 0;
  #names = 0;

  constructor(folder: string, limits: TakeOutOptions['limits']) {
    this.#folder = folder;
    this.#limits = limits;
  }

  async add({ entry, content }: TarItem): Promise<void> {
    this.#refuseLong(entry.path);
    this.#count(entry.path, entry.target);
    switch (entry.kind) {
      case 'file':
        return await this.#addFile(entry, content);
      case 'folder':
        return await this.#addFolder(entry);
      case 'link':
        return await this.#addLink(entry);
      case 'hardlink':
        return await this.#addHardLink(entry);
      case 'character':
      case 'block':
      case 'fifo':
        throw new TarFault(`${quoted(entry.path)} is a ${WORDS[entry.kind]}`, ONLY);
    }
  }

  /** What waits until no file is written any more. */
  async finish(signal: AbortSignal | undefined): Promise<void> {
    checkLinks(this.root);
    for (const { path, node } of nodesBelow(this.root)) {
      throwIfAborted(signal);
      if (node.kind === 'folder') await chmod(this.#at(path), this.#modeOf(node));
    }
    for (const {
      path,
      link: { target },
    } of linksBelow(this.root)) {
      throwIfAborted(signal);
      await symlink(bytesOf(target), this.#at(path));
    }
    await chmod(this.#folder, this.#modeOf(this.root));
  }

  async #addFile({ path, mode, size }: TarEntry, content: TarItem['content']): Promise<void> {
    this.#bytes += size;
    if (this.#bytes > this.#limits.bytes) {
      const most = `more than the ${this.#limits.bytes} bytes that are allowed`;
      throw new TarFault(`${quoted(path)} makes it ${most}`);
    }
    const { folder, name } = await this.#clear(path, 'file');
    // New and open, so a mode without the right to write is no hindrance; the umask is the kernel's.
    const file = await open(this.#at(path), 'wx', (mode & 0o777) | 0o400);
    try {
      await file.writeFile(content);
    } finally {
      await file.close();
    }
    folder.below.set(name, { kind: 'file', size });
  }

  async #addFolder({ path, mode }: TarEntry): Promise<void> {
    if (path === '') {
      this.root.mode = mode;
      return;
    }
    const { folder, name, found } = await this.#place(path);
    if (found === undefined) {
      await mkdir(this.#at(path), 0o700);
      folder.below.set(name, { kind: 'folder', above: folder, below: new Map(), mode });
    } else if (found.kind === 'folder') {
      found.mode = mode;
    } else {
      throw becomes(path, found.kind, 'folder');
    }
  }

  async #addLink({ path, target = '' }: TarEntry): Promise<void> {
    if (target.length > LONGEST_PATH) throw new TarFault(`the link ${quoted(path)} is too long`);
    const { folder, name, found } = await this.#place(path);
    if (found !== undefined && found.kind !== 'link') throw becomes(path, found.kind, 'link');
    folder.below.set(name, { kind: 'link', target });
  }

  async #addHardLink({ path, target = '' }: TarEntry): Promise<void> {
    const what = nodeAt(this.root, target);
    if (what?.kind !== 'file' || path === target) {
      const other = `${quoted(path)} is another name of ${quoted(target)}`;
      throw new TarFault(`${other}, which is no file that came before it`);
    }
    const { folder, name } = await this.#clear(path, 'file');
    await link(this.#at(target), this.#at(path));
    folder.below.set(name, what);
  }

  /** The place for a file, with nothing there any more. */
  async #clear(path: string, kind: 'file') {
    const place = await this.#place(path);
    if (place.found === undefined) return place;
    if (place.found.kind !== kind) throw becomes(path, place.found.kind, kind);
    await unlink(this.#at(path));
    return place;
  }

  async #place(path: string) {
    if (path === '') throw new TarFault('its root is no folder');
    const missing: string[] = [];
    const place = placeOf(this.root, path, (folder) => {
      this.#count(folder);
      missing.push(folder);
    });
    for (const folder of missing) await mkdir(this.#at(folder), 0o700);
    return place;
  }

  #count(path: string, target = ''): void {
    this.#entries += 1;
    this.#names += path.length + target.length;
    if (this.#entries > this.#limits.count) {
      throw new TarFault(`it holds more than the ${this.#limits.count} entries that are allowed`);
    }
    if (this.#names > MOST_NAMES) {
      throw new TarFault(`its names alone have more than ${MOST_NAMES} bytes`);
    }
  }

  #refuseLong(path: string): void {
    const room = LONGEST_PATH - Buffer.byteLength(this.#folder) - 1;
    const isLong = path.length > room || path.split('/').some((part) => part.length > LONGEST_NAME);
    if (isLong) throw new TarFault(`the name ${quoted(path)} is longer than the host has names`);
  }

  #modeOf({ mode = 0o777 }: FolderNode): number {
    return ((mode & 0o777) | 0o700) & ~this.#umask;
  }

  #at(path: string): Buffer {
    return Buffer.concat([Buffer.from(`${this.#folder}/`), bytesOf(path)]);
  }
}

/** What Linux takes (limits.h): a name, and a path without the zero byte behind it. */
const LONGEST_NAME = 255;
const LONGEST_PATH = 4095;

/** All names are held in memory, with those of folders that only stand in the names of others. */
const MOST_NAMES = 64 * 1024 * 1024;

const WORDS = { character: 'character device', block: 'block device', fifo: 'fifo' } as const;
const ONLY = 'only files, folders and links are handed back';

function becomes(path: string, before: string, after: string): TarFault {
  return new TarFault(`${quoted(path)} comes twice, as a ${before} and as a ${after}`);
}

function explained(error: unknown, tar: string, into: string): unknown {
  if (error instanceof TarFault) {
    const message = `cannot take out what is in ${tar}: ${error.message}`;
    return new DomstartError('archive-invalid', message, { hint: error.hint });
  }
  return hostError(error, `cannot take out what is in ${tar} into ${into}`);
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new DomstartError('cancelled', 'taking out the tar was given up');
}

function listOf(root: FolderNode): Taken[] {
  return Array.from(nodesBelow(root))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, node }) => {
      return { path: textOf(path), kind: node.kind, size: node.kind === 'file' ? node.size : 0 };
    });
}
