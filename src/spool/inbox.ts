import { dirname } from 'node:path';
import { type DomstartError, toDomstartError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import { createArrivals } from '../watch/arrivals.ts';
import type { Notice } from '../watch/notifier.ts';
import { watchFolders } from '../watch/watch-folders.ts';
import { createWriterSearch } from '../watch/writers.ts';
import { type Judgement, judge, type Seen } from './arrival.ts';
import { isHidden, keyOf, markedBy, type NameKey, nameOfKey, pathIn, textOf } from './names.ts';
import { clockLead, namesIn, type SeenEntry, see, seesAllProcesses } from './see.ts';

/** What has arrived. */
export interface Arrival {
  readonly name: Buffer;
  readonly seen: Seen;
  /** There is a marker to be taken away with it. */
  readonly marked: boolean;
}

/** What lies in a spool's `in/`. */
export interface Inbox extends AsyncDisposable {
  /** The next one that has arrived; whoever takes it claims it or gives it back. */
  take(): Arrival | undefined;
  /** It stays in `in/`, or is there again: to be looked at. */
  giveBack(name: Buffer): void;
  /** It is not in `in/` any more. */
  forget(name: Buffer): void;
  /** Names that have not arrived yet, and why: a part of them where there are many. */
  growing(): readonly { readonly name: Buffer; readonly why: string }[];
}

export interface InboxOptions {
  /** The `in` of a spool. */
  readonly folder: string;
  readonly clock: Clock;
  /** Something has arrived. */
  readonly onArrival: () => void;
  readonly onProblem: (error: DomstartError) => void;
}

/** So many that have arrived are known; the others stay names in a folder. */
const WINDOW = 1_000;
/** Those that grow are known as well; where there are more, some are looked at later. */
const MOST_GROWING = 5_000;
/** Looked at together. */
const BATCH = 64;
/** Notices of so many names wait; where there are more, the folder is read. */
const MOST_NOTICES = 4_000;

/** Quick: a look costs little where only the names that the kernel told are looked at. */
const TIMING = { debounce: 1, rescan: 10_000, unwatchedRescan: 1_000 };

interface Growing {
  readonly name: Buffer;
  readonly why: string;
  readonly due: number;
}

/**
 * The folder is the truth and the kernel's notices are hints: they say which names to look at. The
 * whole folder is read at the start, now and then, where notices may be lost, and where a part of it
 * did not fit into what is known; so what is kept in memory does not grow with it.
 */
export function createInbox(options: InboxOptions): Inbox {
  const { folder, clock, onArrival, onProblem } = options;
  const arrivals = createArrivals();
  const writers = createWriterSearch();
  /** In the order in which they are to be taken. */
  const ready = new Map<NameKey, Arrival>();
  const growing = new Map<NameKey, Growing>();
  /** Those that were taken: they are in `in/` until they are claimed. */
  const taken = new Set<NameKey>();
  /** Those that have a marker, and since when: it says nothing of what is written later. */
  const marked = new Map<NameKey, number>();
  /** Names that were written to here. */
  const written = new Set<NameKey>();
  let noticed = new Set<NameKey>();
  let readAll = true;
  /** There is more in the folder than is known. */
  let more = false;
  let lead = 0;
  let cancelDue = () => {};
  const host = seesAllProcesses();
  const started = clockLead(dirname(folder)).then((ahead) => {
    lead = ahead;
  });

  const watcher = watchFolders({
    clock,
    timing: TIMING,
    onProblem,
    concerns: note,
    onHint: look,
  });

  function note(notice: Notice): boolean {
    arrivals.note(notice);
    const { name } = notice;
    // Node puts U+FFFD for what is not UTF-8, and does not find such a file again.
    if (name === undefined || name.includes('\uFFFD') || noticed.size >= MOST_NOTICES) {
      readAll = true;
      return true;
    }
    const bytes = Buffer.from(name);
    if (isHidden(bytes)) return false;
    const key = keyOf(bytes);
    if (notice.change === 'content') written.add(key);
    if (written.size > MOST_NOTICES) written.clear();
    noticed.add(key);
    return true;
  }

  async function look(): Promise<void> {
    await started;
    await arrivals.settled();
    const names = noticed;
    noticed = new Set();
    // A look without a reason is one at everything.
    const everything = readAll || names.size === 0;
    readAll = false;
    const due = takeDue();
    if (everything) await readFolder();
    else await examineAll([...new Set([...names, ...due])].map(nameOfKey));
    arrivals.forget();
    arm();
    if (ready.size > 0) onArrival();
  }

  async function readFolder(): Promise<void> {
    more = false;
    let batch: Buffer[] = [];
    for await (const name of namesIn(folder)) {
      if (ready.size >= WINDOW) {
        more = true;
        break;
      }
      const key = keyOf(name);
      if (isHidden(name) || ready.has(key) || taken.has(key)) continue;
      batch.push(name);
      if (batch.length < BATCH) continue;
      await examineAll(batch);
      batch = [];
    }
    await examineAll(batch);
  }

  async function examineAll(names: readonly Buffer[]): Promise<void> {
    for (let at = 0; at < names.length; at += BATCH) {
      if (ready.size >= WINDOW) {
        more = true;
        return;
      }
      await examine(names.slice(at, at + BATCH));
    }
  }

  async function examine(names: readonly Buffer[]): Promise<void> {
    const found = new Map<NameKey, { readonly name: Buffer; readonly entry: SeenEntry }>();
    await Promise.all(
      names.map(async (name) => {
        const key = keyOf(name);
        if (isHidden(name) || taken.has(key)) return;
        const entry = await lookAt(name);
        if (entry === undefined) {
          forgetKey(key);
          return;
        }
        const of = markedBy(name);
        if (of === undefined || entry.seen.kind !== 'file' || entry.seen.size > 0) {
          found.set(key, { name, entry });
          return;
        }
        // An empty NAME.done is never a file of its own.
        if (marked.size < MOST_NOTICES) marked.set(keyOf(of), entry.seen.changed);
        const whole = taken.has(keyOf(of)) ? undefined : await lookAt(of);
        if (whole !== undefined) found.set(keyOf(of), { name: of, entry: whole });
      }),
    );
    await judgeAll([...found.values()]);
  }

  async function lookAt(name: Buffer): Promise<SeenEntry | undefined> {
    try {
      return await see(pathIn(folder, name));
    } catch (error) {
      onProblem(toDomstartError(error, 'host-io'));
      return undefined;
    }
  }

  /** Who writes is looked for once for all of them, and only where that decides. */
  async function judgeAll(
    found: readonly { readonly name: Buffer; readonly entry: SeenEntry }[],
  ): Promise<void> {
    const seesAll = await host;
    // What was written before it was seen is known then.
    await arrivals.settled();
    const now = Date.now() + lead;
    const judged = found.map(({ name, entry }) => {
      const key = keyOf(name);
      const around = {
        ...{ marked: isMarked(key, entry.seen), renamed: arrivals.has(textOf(name)), now },
        local: seesAll && written.has(key),
      };
      const judgement = judge(entry.seen, { ...around, open: false });
      const asks = judgement.is === 'here' && judgement.by === 'still' && entry.files.length > 0;
      return { name, key, entry, around, judgement, asks };
    });
    const asked = judged.filter(({ asks }) => asks).flatMap(({ entry }) => entry.files);
    const held = asked.length > 0 ? await writers.openForWriting(asked) : new Set<string>();
    for (const { name, key, entry, around, judgement, asks } of judged) {
      const open = asks && entry.files.some((file) => held.has(file));
      const final = open ? judge(entry.seen, { ...around, open }) : judgement;
      keep({ name, key, seen: entry.seen, marked: marked.has(key), judgement: final });
    }
  }

  function isMarked(key: NameKey, { changed, inside = 0 }: Seen): boolean {
    return (marked.get(key) ?? Number.NEGATIVE_INFINITY) >= Math.max(changed, inside);
  }

  function keep(one: {
    readonly name: Buffer;
    readonly key: NameKey;
    readonly seen: Seen;
    readonly marked: boolean;
    readonly judgement: Judgement;
  }): void {
    const { name, key, seen, marked, judgement } = one;
    if (taken.has(key)) return;
    if (judgement.is === 'growing') {
      ready.delete(key);
      if (growing.has(key) || growing.size < MOST_GROWING) {
        growing.set(key, { name, why: judgement.why, due: clock.now() + judgement.again });
      } else more = true;
      return;
    }
    growing.delete(key);
    written.delete(key);
    const arrival = { name, seen, marked: marked || (ready.get(key)?.marked ?? false) };
    ready.set(key, arrival);
  }

  function forgetKey(key: NameKey): void {
    ready.delete(key);
    growing.delete(key);
    written.delete(key);
    const marks = markedBy(nameOfKey(key));
    if (marks !== undefined) marked.delete(keyOf(marks));
  }

  function takeDue(): NameKey[] {
    const now = clock.now();
    return [...growing].filter(([, { due }]) => due <= now).map(([key]) => key);
  }

  function arm(): void {
    cancelDue();
    let next = Number.POSITIVE_INFINITY;
    for (const { due } of growing.values()) next = Math.min(next, due);
    if (growing.size === 0) return;
    cancelDue = clock.after(Math.max(0, next - clock.now()), () => {
      for (const key of takeDue()) noticed.add(key);
      watcher.look(folder);
    });
  }

  watcher.setFolders([folder]);
  return {
    take() {
      const [first] = ready;
      if (more && ready.size < WINDOW / 2) {
        more = false;
        readAll = true;
        watcher.look(folder);
      }
      if (first === undefined) return undefined;
      ready.delete(first[0]);
      taken.add(first[0]);
      return first[1];
    },
    giveBack(name) {
      const key = keyOf(name);
      taken.delete(key);
      noticed.add(key);
      watcher.look(folder);
    },
    forget(name) {
      const key = keyOf(name);
      taken.delete(key);
      marked.delete(key);
      forgetKey(key);
    },
    growing: () => [...growing.values()],
    async [Symbol.asyncDispose]() {
      cancelDue();
      await watcher[Symbol.asyncDispose]();
    },
  };
}
