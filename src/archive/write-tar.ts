import { DomstartError } from '../model/errors.ts';
import { quoted } from './names.ts';
import type { TarEntry, TarItem } from './tar-entry.ts';
import { BLOCK } from './tar-header.ts';
import { encodeHeader } from './write-header.ts';

/** What is written; the content may be at hand as a whole. */
export interface TarInput {
  readonly entry: TarEntry;
  readonly content?: TarItem['content'] | Uint8Array;
}

/**
 * The bytes of a tar with these entries in their order: the same bytes for the same entries. Written
 * so that GNU tar, busybox and Python read all of it: ustar, with GNU's long names and binary
 * numbers where ustar has no room (busybox passes over pax), and pax for extended attributes only.
 *
 * Throws `host-io` where a content is not as long as its entry says: a file that grew meanwhile.
 */
export async function* writeTar(
  items: AsyncIterable<TarInput> | Iterable<TarInput>,
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { entry, content } of items) {
    yield encodeHeader(entry);
    let left = entry.size;
    for await (const chunk of chunksOf(content)) {
      if (signal?.aborted) throw new DomstartError('cancelled', 'writing the tar was given up');
      left -= chunk.length;
      if (left < 0) throw changed(entry);
      yield chunk;
    }
    if (left > 0) throw changed(entry);
    const padding = (BLOCK - (entry.size % BLOCK)) % BLOCK;
    if (padding > 0) yield Buffer.alloc(padding);
  }
  yield Buffer.alloc(2 * BLOCK);
}

function chunksOf(content: TarInput['content']): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (content === undefined) return [];
  return content instanceof Uint8Array ? [content] : content;
}

function changed({ path, size }: TarEntry): DomstartError {
  return new DomstartError(
    'host-io',
    `${quoted(path)} does not have its ${size} bytes: it changed while it was read`,
    { hint: 'try again when nothing writes to it' },
  );
}
