import { BLOCK } from './ext/geometry.ts';

/** Blocks of a content that follow each other in it; the last one is filled up with zero bytes. */
export interface ContentPart {
  /** Number of the first block. */
  readonly first: number;
  readonly bytes: Buffer;
}

/** Blocks in a row that hold anything. */
export interface Span {
  readonly logical: number;
  readonly count: number;
}

const ZERO = Buffer.alloc(BLOCK);

/** Cuts what comes in chunks of any size into whole blocks. */
export async function* contentBlocks(
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<ContentPart> {
  let first = 0;
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of content) {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    if (held.length > 0) {
      const missing = rest.subarray(0, BLOCK - held.length);
      held = Buffer.concat([held, missing]);
      rest = rest.subarray(missing.length);
      if (held.length < BLOCK) continue;
      yield { first, bytes: held };
      first += 1;
    }
    const whole = rest.length - (rest.length % BLOCK);
    if (whole > 0) yield { first, bytes: rest.subarray(0, whole) };
    first += whole / BLOCK;
    held = rest.subarray(whole);
  }
  if (held.length === 0) return;
  const last = Buffer.alloc(BLOCK);
  held.copy(last);
  yield { first, bytes: last };
}

/** Where a content is anything but zero bytes: what is left out becomes holes. */
export async function spansOf(content: AsyncIterable<Uint8Array>): Promise<Span[]> {
  const spans: { logical: number; count: number }[] = [];
  let last: { logical: number; count: number } | undefined;
  for await (const { first, bytes } of contentBlocks(content)) {
    for (let at = 0; at < bytes.length; at += BLOCK) {
      const logical = first + at / BLOCK;
      if (bytes[at] === 0 && bytes.subarray(at, at + BLOCK).equals(ZERO)) continue;
      if (last !== undefined && last.logical + last.count === logical) {
        last.count += 1;
      } else {
        last = { logical, count: 1 };
        spans.push(last);
      }
    }
  }
  return spans;
}
