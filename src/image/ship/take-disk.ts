import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { TarItem } from '../../archive/tar-entry.ts';
import { addSpans, type Span } from '../disk/content-blocks.ts';
import { BLOCK } from '../disk/ext/geometry.ts';
import { contentOf, headOf, type ImportedManifest, noImage } from './read-head.ts';
import { DIGEST, digestEntry, HEAD, LONGEST_HEAD, offsetOf, PIECE } from './shipped-format.ts';

interface TakeRequest {
  /** Absent: nothing is written, and all of it is looked at. */
  readonly to?: string;
  /** As the head says. */
  readonly manifest: ImportedManifest;
}

/**
 * Reads, and writes, the disk of an exported image; what is all zero stays a hole. No name of the file is used for
 * anything, and no more is written than the disk is large. Throws `archive-invalid` where anything is
 * not as it was exported.
 */
export async function takeDisk(
  tar: AsyncIterable<TarItem>,
  { to, manifest }: TakeRequest,
): Promise<void> {
  const hash = createHash('sha256');
  await using disk = to === undefined ? undefined : await open(to, 'wx', 0o644);
  await disk?.truncate(manifest.size);
  let stage: 'head' | 'pieces' | 'end' = 'head';
  let next = 0;
  for await (const item of tar) {
    const { path } = item.entry;
    if (stage === 'end') throw noImage('something is behind its end');
    if (stage === 'head') {
      const head = await contentOf(item, { name: HEAD, longest: LONGEST_HEAD });
      // The file is read a second time: it must still be the same.
      if (headOf(head).manifest.size !== manifest.size) throw noImage('it changed meanwhile');
      digestEntry(hash, path, head);
      stage = 'pieces';
      continue;
    }
    const offset = offsetOf(item.entry);
    if (offset === undefined) {
      const digest = await contentOf(item, { name: DIGEST, longest: 80 });
      if (digest.toString('latin1').trim() !== hash.digest('hex'))
        throw noImage('its digest is wrong');
      stage = 'end';
      continue;
    }
    const piece = await contentOf(item, { name: path, longest: PIECE });
    if (offset < next || offset % BLOCK !== 0 || offset + piece.length > manifest.size) {
      throw noImage('a piece of its disk has no place');
    }
    next = offset + piece.length;
    digestEntry(hash, path, piece);
    if (disk !== undefined) await writePiece(disk, piece, offset);
  }
  if (stage !== 'end') throw noImage('it ends too early');
}

async function writePiece(disk: FileHandle, piece: Buffer, offset: number): Promise<void> {
  const padding = (BLOCK - (piece.length % BLOCK)) % BLOCK;
  const bytes = padding === 0 ? piece : Buffer.concat([piece, Buffer.alloc(padding)]);
  const spans: Span[] = [];
  addSpans(spans, { first: 0, bytes });
  for (const { logical, count } of spans) {
    const from = logical * BLOCK;
    const to = Math.min(from + count * BLOCK, piece.length);
    for (let at = from; at < to; ) {
      at += (await disk.write(piece, at, to - at, offset + at)).bytesWritten;
    }
  }
}
