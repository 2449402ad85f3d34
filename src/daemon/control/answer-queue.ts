import type { Item } from './protocol.ts';

/** More are not read off the socket until some have been taken. */
const PLENTY = 1000;

/** The items of one answer: put in as they come, taken out with `for await`. */
export interface AnswerQueue extends AsyncIterable<Item> {
  push(item: Item): void;
  end(): void;
  /** Thrown when what came before it has been taken. */
  fail(error: Error): void;
}

export interface AnswerQueueOptions {
  readonly onFull: () => void;
  readonly onRoom: () => void;
  readonly onEnd: () => void;
  /** Nobody takes any more. */
  readonly onLeft: () => void;
}

export function createAnswerQueue({
  onFull,
  onRoom,
  onEnd,
  onLeft,
}: AnswerQueueOptions): AnswerQueue {
  let items: Item[] = [];
  let end: { readonly error?: Error } | undefined;
  let wake: (() => void) | undefined;

  function finish(how: { readonly error?: Error }): void {
    if (end !== undefined) return;
    end = how;
    onEnd();
    wake?.();
  }

  async function* take(): AsyncGenerator<Item, void, void> {
    try {
      for (;;) {
        const batch = items;
        items = [];
        if (batch.length > PLENTY) onRoom();
        yield* batch;
        if (items.length > 0) continue;
        if (end?.error !== undefined) throw end.error;
        if (end !== undefined) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      if (items.length > PLENTY) onRoom();
      items = [];
      if (end === undefined) {
        end = {};
        onEnd();
        onLeft();
      }
    }
  }

  return {
    push(item) {
      if (end !== undefined) return;
      items.push(item);
      if (items.length > PLENTY) onFull();
      wake?.();
    },
    end: () => finish({}),
    fail: (error) => finish({ error }),
    [Symbol.asyncIterator]: take,
  };
}
