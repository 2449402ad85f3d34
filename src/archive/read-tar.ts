import { DomstartError } from '../model/errors.ts';
import { ByteSource, fileBytes } from './byte-source.ts';
import { quoted } from './names.ts';
import { type PaxFields, parsePax } from './pax.ts';
import { type Extensions, entryOf } from './read-entry.ts';
import type { TarEntry, TarItem } from './tar-entry.ts';
import { TarFault } from './tar-fault.ts';
import { BLOCK, numberIn, typeIn, verifyChecksum } from './tar-header.ts';

/**
 * Reads a tar: ustar, pax, GNU's long names and binary numbers, and the format of the seventies.
 *
 * Not by a library. tar-stream, the one that is well kept and streams, decodes pax values as UTF-8
 * (so a name or an attribute that is none is lost), ignores malformed pax records, takes a tar
 * without an end for whole, goes on behind the end marker into whatever a raw disk holds there, and
 * reads a sparse file as the wrong bytes. All of them are what this reader is for; what is left is
 * small.
 *
 * Where two readers could disagree about what an archive says, it is malformed here: two names for
 * one entry, content of something that has none, a number with a sign where there is none.
 */
export async function* readTar(
  /** The name of a file or of a disk, or its bytes. What is behind the end marker is not read. */
  tar: string | AsyncIterable<Uint8Array>,
  {
    signal,
    name = typeof tar === 'string' ? tar : 'the tar',
  }: { readonly signal?: AbortSignal /** For messages. */; readonly name?: string } = {},
): AsyncGenerator<TarItem, void, undefined> {
  const source = new ByteSource(typeof tar === 'string' ? fileBytes(tar) : tar, signal);
  const reader = new TarReader(source, name);
  try {
    for (let item = await reader.next(); item !== undefined; item = await reader.next()) yield item;
  } finally {
    await source.close();
  }
}

/** What extends an entry is held in memory: the most that Linux lets attributes have, and some more. */
const LARGEST_EXTENSION = 1024 * 1024;

class TarReader {
  readonly #source: ByteSource;
  readonly #name: string;
  /** Where the header that is being read begins. */
  #at = 0;
  #last: TarEntry | undefined;
  /** Of the content of the last entry: what was not taken yet, and what fills it up. */
  #left = 0;
  #padding = 0;
  #global: Pick<PaxFields, 'uid' | 'gid' | 'mtime'> = {};

  constructor(source: ByteSource, name: string) {
    this.#source = source;
    this.#name = name;
  }

  async next(): Promise<TarItem | undefined> {
    try {
      await this.#skipRest();
      const entry = await this.#readEntry();
      if (entry === undefined) return undefined;
      this.#last = entry;
      this.#left = entry.size;
      this.#padding = paddingOf(entry.size);
      return { entry, content: this.#content(entry) };
    } catch (error) {
      throw this.#located(error);
    }
  }

  async #readEntry(): Promise<TarEntry | undefined> {
    const extensions: Extensions = {};
    for (;;) {
      this.#at = this.#source.offset;
      const block = await this.#source.exactly(BLOCK);
      if (block.length < BLOCK) throw truncated();
      if (isZero(block)) {
        if (Object.keys(extensions).length > 0)
          throw new TarFault('an extended header is the last');
        return undefined;
      }
      verifyChecksum(block);
      const isExtension = await this.#readExtension(block, extensions);
      if (!isExtension) return entryOf(block, extensions, this.#global);
    }
  }

  async #readExtension(block: Buffer, extensions: Extensions): Promise<boolean> {
    switch (typeIn(block)) {
      case 'x':
        once(extensions.pax);
        extensions.pax = parsePax(await this.#extension(block));
        return true;
      case 'g':
        this.#global = { ...this.#global, ...globalOf(parsePax(await this.#extension(block))) };
        return true;
      case 'L':
        once(extensions.longName);
        extensions.longName = longText(await this.#extension(block));
        return true;
      case 'K':
        once(extensions.longTarget);
        extensions.longTarget = longText(await this.#extension(block));
        return true;
      default:
        return false;
    }
  }

  async #extension(block: Buffer): Promise<Buffer> {
    const size = numberIn(block, 'size');
    if (size < 0) throw new TarFault('its size is negative');
    if (size > LARGEST_EXTENSION) {
      throw new TarFault(`an extended header has ${size} bytes, more than ${LARGEST_EXTENSION}`);
    }
    const content = await this.#source.exactly(size + paddingOf(size));
    if (content.length < size + paddingOf(size)) throw truncated();
    return content.subarray(0, size);
  }

  async *#content(entry: TarEntry): AsyncGenerator<Buffer> {
    while (this.#last === entry && this.#left > 0) {
      const chunk = await this.#source.some(this.#left).catch((error) => {
        throw this.#located(error);
      });
      if (chunk.length === 0) throw this.#located(truncated());
      this.#left -= chunk.length;
      yield chunk;
    }
    if (this.#last !== entry) throw new DomstartError('internal', STALE);
  }

  async #skipRest(): Promise<void> {
    for (let left = this.#left + this.#padding; left > 0; ) {
      const { length } = await this.#source.some(left);
      if (length === 0) throw truncated();
      left -= length;
    }
    this.#left = 0;
    this.#padding = 0;
  }

  #located(error: unknown): unknown {
    if (!(error instanceof TarFault)) return error;
    const last = this.#last;
    const where = last === undefined ? 'at its first entry' : `at or behind ${quoted(last.path)}`;
    return new DomstartError(
      'archive-invalid',
      `cannot read ${this.#name}: ${error.message} (byte ${this.#at}, ${where})`,
      { hint: error.hint },
    );
  }
}

const STALE = 'the content of an entry was read after the next one was asked for';

function truncated(): TarFault {
  return new TarFault('it ends too early', 'it was not written to its end, or not copied whole');
}

function once(before: unknown): void {
  if (before !== undefined) throw new TarFault('an entry has two extended headers of one kind');
}

/** Only what cannot name or measure an entry may be said for all that follow. */
function globalOf(fields: PaxFields): Pick<PaxFields, 'uid' | 'gid' | 'mtime'> {
  const { path, linkpath, size, attributes, ...rest } = fields;
  if ([path, linkpath, size, attributes].every((value) => value === undefined)) return rest;
  throw new TarFault('a global header gives all entries one name, size or attribute');
}

/** The zero bytes at its end do not belong to it. */
function longText(content: Buffer): string {
  return content.toString('latin1').replace(/\0+$/, '');
}

function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

function isZero(block: Buffer): boolean {
  return block.equals(ZERO);
}

const ZERO = Buffer.alloc(BLOCK);
