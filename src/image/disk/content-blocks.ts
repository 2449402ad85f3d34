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
  count: number;
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
  const spans: Span[] = [];
  for await (const part of contentBlocks(content)) addSpans(spans, part);
  return spans;
}

/** Adds what of a part is anything but zero bytes; the last span grows where it goes on. */
export function addSpans(spans: Span[], { first, bytes }: ContentPart): void {
  for (let at = 0; at < bytes.length; at += BLOCK) {
    if (bytes[at] === 0 && bytes.subarray(at, at + BLOCK).equals(ZERO)) continue;
    const logical = first + at / BLOCK;
    const last = spans.at(-1);
    if (last !== undefined && last.logical + last.count === logical) last.count += 1;
    else spans.push({ logical, count: 1 });
  }
}
