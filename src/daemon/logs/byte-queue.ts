/** Bytes are kept in blocks that grow up to this, and one block is taken at a time. */
export const BLOCK_BYTES = 256 * 1024;
const SMALLEST_BLOCK = 256;
const MOST_SPARE = 2;
const LINE_END = 0x0a;
const NOTHING = Buffer.alloc(0);

export interface ByteQueueOptions {
  /** In bytes. The oldest of what is more is dropped. */
  readonly limit: number;
  /** The line, without its end, that stands where that many bytes were dropped. */
  readonly lost: (bytes: number) => string;
}

/** Bytes that wait for one consumer, bounded. What is dropped is told in their place. */
export interface ByteQueue {
  readonly size: number;
  /** There is something to take: bytes, or the line about those that were dropped. */
  readonly pending: boolean;
  /** Copies them, so that small pieces do not hold on to the large buffers that they are part of. */
  push(bytes: Uint8Array): void;
  /** Drops the oldest bytes until no more than that many are left. */
  trim(limit: number): void;
  /** The oldest bytes. Nothing more can be taken before they are settled. */
  take(): Uint8Array | undefined;
  /** That many of the bytes that were taken are done with; the others go back to the front. */
  settle(done: number): void;
  /** What could be taken now; not to be written to. Nothing must be taken at the time. */
  peek(): readonly Uint8Array[];
}

interface Block {
  readonly buffer: Buffer;
  start: number;
  end: number;
}

interface Taken {
  readonly block: Block | undefined;
  /** How many lost bytes it tells of, and how many bytes it takes to tell it. */
  readonly tells: number;
  readonly telling: number;
  readonly bytes: Uint8Array;
}

export function createByteQueue({ limit, lost: lostLine }: ByteQueueOptions): ByteQueue {
  const largestBlock = Math.min(BLOCK_BYTES, Math.max(SMALLEST_BLOCK, limit >> 3));
  const blocks: Block[] = [];
  let size = 0;
  let lost = 0;
  /** Of blocks that were dropped: a queue that loses bytes all the time makes no garbage. */
  let spare: Buffer[] = [];
  /** Somebody may hold blocks that are dropped. */
  let lent = false;
  let taken: Taken | undefined;
  let lastDone = LINE_END;
  let lastDropped = LINE_END;

  function append(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const block = roomy(bytes.length - at);
      const count = Math.min(block.buffer.length - block.end, bytes.length - at);
      block.buffer.set(bytes.subarray(at, at + count), block.end);
      block.end += count;
      at += count;
    }
    size += bytes.length;
  }

  function roomy(wanted: number): Block {
    const last = blocks.at(-1);
    if (last !== undefined && last.end < last.buffer.length) return last;
    const length = Math.max(SMALLEST_BLOCK, wanted, 2 * (last?.buffer.length ?? 0));
    // Not from Node's pool: a block lives as long as it must, and would keep the pool with it.
    const buffer = takeSpare(length) ?? Buffer.allocUnsafeSlow(Math.min(length, largestBlock));
    const block = { buffer, start: 0, end: 0 };
    blocks.push(block);
    return block;
  }

  function takeSpare(length: number): Buffer | undefined {
    const buffer = spare.pop();
    return buffer?.length === Math.min(length, largestBlock) ? buffer : undefined;
  }

  function drop(count: number): void {
    lost += count;
    size -= count;
    for (let left = count; left > 0; ) {
      const block = blocks[0];
      if (block === undefined) return;
      const here = Math.min(left, lengthOf(block));
      block.start += here;
      left -= here;
      lastDropped = block.buffer[block.start - 1] ?? LINE_END;
      if (lengthOf(block) > 0) continue;
      blocks.shift();
      if (!lent && spare.length < MOST_SPARE) spare.push(block.buffer);
    }
  }

  function trim(to: number): void {
    let excess = Math.min(size - to, waiting());
    if (excess <= 0) return;
    for (let first = blocks[0]; excess > 0 && first !== undefined; first = blocks[0]) {
      // A whole block where enough is left: rests of blocks would be written one by one.
      const length = lengthOf(first);
      const count = size - length >= to * 0.75 ? length : Math.min(length, excess);
      drop(count);
      excess -= count;
    }
    dropPartOfLine();
    shrink();
  }

  /** What is left begins with a line, where one begins. */
  function dropPartOfLine(): void {
    const first = blocks[0];
    if (first === undefined || lastDropped === LINE_END) return;
    const lineEnd = bytesOf(first).indexOf(LINE_END);
    if (lineEnd >= 0) drop(lineEnd + 1);
  }

  /** Little that is left does not hold on to much memory. */
  function shrink(): void {
    const first = blocks[0];
    if (first === undefined || first.buffer.length < 4 * lengthOf(first)) return;
    blocks[0] = { buffer: Buffer.from(bytesOf(first)), start: 0, end: lengthOf(first) };
  }

  /** What is not taken. */
  function waiting(): number {
    return size - (taken?.block === undefined ? 0 : lengthOf(taken.block));
  }

  function lossTold(): Uint8Array {
    return Buffer.from(`${lastDone === LINE_END ? '' : '\n'}${lostLine(lost)}\n`);
  }

  /** What is left of the bytes that were taken; `lost` counts only what was dropped since. */
  function putBack({ block, tells, telling }: Taken, done: number): void {
    const untold = done < telling ? tells : 0;
    if (block !== undefined) {
      const gone = Math.max(0, done - telling);
      block.start += gone;
      size -= gone;
      // What is older than bytes that were dropped meanwhile is dropped as well.
      if (lengthOf(block) > 0) blocks.unshift(block);
      if (lost > 0) drop(lengthOf(block));
    }
    lost += untold;
  }

  return {
    get size() {
      return size;
    },
    get pending() {
      return size > 0 || lost > 0;
    },
    push(bytes) {
      const excess = Math.max(0, bytes.length - limit);
      if (excess > 0) {
        drop(waiting());
        lost += excess;
        lastDropped = bytes[excess - 1] ?? LINE_END;
      }
      append(bytes.subarray(excess));
      if (excess > 0) dropPartOfLine();
      trim(limit);
    },
    trim,
    take() {
      if (taken !== undefined) throw new Error('bytes of this queue are taken already');
      if (size === 0 && lost === 0) return undefined;
      // Together: one who loses bytes all the time would get nothing but lines about it.
      const told = lost > 0 ? lossTold() : NOTHING;
      const block = blocks.shift();
      if (blocks.length === 0) spare = [];
      const own = block === undefined ? NOTHING : bytesOf(block);
      const bytes = told.length === 0 ? own : Buffer.concat([told, own]);
      taken = { block, tells: lost, telling: told.length, bytes };
      lost = 0;
      return bytes;
    },
    settle(done) {
      if (taken === undefined) throw new Error('no bytes of this queue are taken');
      const settled = taken;
      taken = undefined;
      lastDone = settled.bytes[done - 1] ?? lastDone;
      putBack(settled, done);
    },
    peek() {
      lent = true;
      spare = [];
      return [...(lost > 0 ? [lossTold()] : []), ...blocks.map(bytesOf)];
    },
  };
}

function lengthOf({ start, end }: Block): number {
  return end - start;
}

function bytesOf({ buffer, start, end }: Block): Buffer {
  return buffer.subarray(start, end);
}
