import type { OutputLine } from '../ports/main-process.ts';

/** Lines kept for who begins to listen later, and for a listener that is slow. */
const BACKLOG = 1000;
const PENDING = 10_000;

/**
 * The output of one run for `for await`: first what is still in the backlog, then what comes, to
 * the end of the run. Memory is bounded: a reader that falls behind loses the oldest lines, and
 * one line says how many.
 */
export class LineFeed implements AsyncIterable<OutputLine> {
  readonly #backlog: OutputLine[] = [];
  readonly #readers = new Set<Reader>();
  #ended = false;

  push(line: OutputLine): void {
    this.#backlog.push(line);
    if (this.#backlog.length >= 2 * BACKLOG) this.#backlog.splice(0, BACKLOG);
    for (const reader of this.#readers) reader.push(line);
  }

  end(): void {
    this.#ended = true;
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }

  [Symbol.asyncIterator](): AsyncIterator<OutputLine> {
    const reader = new Reader(this.#backlog, () => this.#readers.delete(reader));
    if (this.#ended) reader.end();
    else this.#readers.add(reader);
    return reader;
  }
}

class Reader implements AsyncIterator<OutputLine> {
  readonly #pending: OutputLine[];
  readonly #leave: () => void;
  #next = 0;
  #lost = 0;
  #ended = false;
  #wanted: ((result: IteratorResult<OutputLine>) => void)[] = [];

  constructor(backlog: readonly OutputLine[], leave: () => void) {
    this.#pending = [...backlog];
    this.#leave = leave;
  }

  push(line: OutputLine): void {
    const wanted = this.#wanted.shift();
    if (wanted !== undefined) {
      wanted({ done: false, value: line });
      return;
    }
    this.#pending.push(line);
    if (this.#pending.length - this.#next <= PENDING) return;
    this.#next += 1;
    this.#lost += 1;
    if (this.#next > PENDING) this.#forget();
  }

  end(): void {
    this.#ended = true;
    for (const wanted of this.#wanted) wanted({ done: true, value: undefined });
    this.#wanted = [];
  }

  async next(): Promise<IteratorResult<OutputLine>> {
    if (this.#lost > 0) {
      const text = `[${this.#lost} lines lost: they came faster than they were read]`;
      this.#lost = 0;
      return { done: false, value: { source: 'console', text } };
    }
    const line = this.#pending[this.#next];
    if (line !== undefined) {
      this.#next += 1;
      if (this.#next > PENDING) this.#forget();
      return { done: false, value: line };
    }
    this.#forget();
    if (this.#ended) return { done: true, value: undefined };
    return new Promise((resolve) => this.#wanted.push(resolve));
  }

  async return(): Promise<IteratorResult<OutputLine>> {
    this.#leave();
    this.end();
    this.#pending.length = 0;
    this.#next = 0;
    return { done: true, value: undefined };
  }

  #forget(): void {
    this.#pending.splice(0, this.#next);
    this.#next = 0;
  }
}
