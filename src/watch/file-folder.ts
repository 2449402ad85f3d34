import type { Variable } from '../model/environment.ts';
import type { Clock } from '../ports/clock.ts';
import { variablesFor } from './announce.ts';
import { createArrivals } from './arrivals.ts';
import type { FileEvent } from './file-interest.ts';
import type { FolderPlan, Waiting } from './folder-plan.ts';
import {
  absent,
  changesBetween,
  type EntryChange,
  type FolderSnapshot,
  readFolder,
} from './folder-snapshot.ts';
import type { Notice } from './notifier.ts';
import { createSettling } from './settling.ts';
import { createTouched } from './touched.ts';
import type { WriterSearch } from './writers.ts';

/** One folder that jobs wait for files in. */
export interface FileFolder {
  setPlan(plan: FolderPlan): void;
  /** Takes a notice of the kernel; whether it is worth a look. */
  note(notice: Notice): boolean;
  /** Reads the folder and emits what has changed since the last time. One call at a time. */
  look(): Promise<void>;
  close(): void;
}

export interface FileFolderOptions {
  readonly plan: FolderPlan;
  readonly clock: Clock;
  readonly writers: WriterSearch;
  /** Milliseconds for which a file has to stand still to count as written. */
  readonly settle: number;
  emit(variables: readonly Variable[]): void;
  /** Asks for a call of `look`. */
  requestLook(): void;
  onUnreadable(path: string, error: unknown): void;
}

/**
 * The snapshot of the last look is compared with what is there now. Everything is told from that
 * comparison and nothing from the kernel's notices, so nothing is lost with them and nothing comes
 * twice; the notices say only when to look, which of the known files to look at again, and which
 * files came by rename. Without a notice, as in the rescan, all of them are looked at.
 *
 * A job that is added later hears of what is there already, and those that waited before do not
 * hear of it again.
 */
export function createFileFolder(options: FileFolderOptions): FileFolder {
  const { emit, requestLook } = options;
  let { plan } = options;
  const { folder } = plan;
  let before: FolderSnapshot = absent;
  /** Who has not heard yet of what was there before. */
  let newcomers = new Map<string, ReadonlySet<FileEvent>>();
  let closed = false;
  const touched = createTouched();
  const arrivals = createArrivals();
  const settling = createSettling({
    ...options,
    folder,
    requestLook(names) {
      for (const name of names) touched.add(name);
      requestLook();
    },
  });

  function announce(event: FileEvent, waiting: readonly Waiting[], name?: string): void {
    const about = name === undefined ? {} : { name };
    for (const variables of variablesFor({ event, folder, waiting, ...about })) emit(variables);
  }

  async function look(): Promise<void> {
    const planned = plan;
    const { names } = planned;
    const after = await readFolder({
      folder,
      ...(names === undefined ? {} : { names }),
      matters: planned.matters,
      touched: touched.take(),
      before,
      onUnreadable: options.onUnreadable,
    });
    await arrivals.settled();
    if (closed) return;
    // What was read for another set of jobs is not told to this one.
    if (plan !== planned) return requestLook();
    const changes = changesBetween(before, after);
    tellNewcomers(after);
    tellFolder(after, changes);
    before = after;
    arrivals.forget();
    for (const { name, patterns } of await settling.finished()) {
      if (closed) return;
      const waiting = plan.waitingFor(name).filter(({ pattern }) => patterns.has(pattern));
      announce('written', waiting, name);
    }
  }

  function tellNewcomers(after: FolderSnapshot): void {
    const news = newcomers;
    newcomers = new Map();
    if (news.size === 0) return;
    const wants = (event: FileEvent) => (waiting: Waiting) =>
      news.get(waiting.pattern)?.has(event) ?? false;
    if (before.identity !== undefined && after.identity === before.identity) {
      announce('create', plan.whole.filter(wants('create')));
    }
    for (const [name, fingerprint] of [...after.entries].sort(byName)) {
      if (!before.entries.has(name)) continue;
      const waiting = plan.waitingFor(name);
      announce('create', waiting.filter(wants('create')), name);
      const patterns = waiting.filter(wants('written')).map(patternOf);
      if (patterns.length > 0) settling.add({ name, fingerprint, patterns, state: 'growing' });
    }
  }

  function tellFolder(after: FolderSnapshot, changes: readonly EntryChange[]): void {
    const stays = before.identity !== undefined && before.identity === after.identity;
    if (!stays && before.identity !== undefined && after.identity !== undefined) {
      announce('delete', plan.whole);
    }
    if (!stays && after.identity !== undefined) announce('create', plan.whole);
    for (const change of changes) tellEntry(change, after, stays ? plan.whole : []);
    if (after.identity === undefined && before.identity !== undefined) {
      announce('delete', plan.whole);
    }
  }

  function tellEntry(
    { name, event }: EntryChange,
    after: FolderSnapshot,
    whole: readonly Waiting[],
  ): void {
    const waiting = plan.waitingFor(name);
    if (event === 'modify') announce(event, [...waiting, ...whole], name);
    else {
      announce(event, waiting, name);
      announce('modify', whole, name);
    }
    const patterns = waiting.filter(({ events }) => events.has('written')).map(patternOf);
    if (event === 'delete' || patterns.length === 0) settling.forget(name);
    else {
      const state = arrivals.has(name) ? 'whole' : 'growing';
      settling.add({ name, fingerprint: after.entries.get(name), patterns, state });
    }
  }

  return {
    setPlan(next) {
      for (const [pattern, { events }] of next.byPattern) {
        const had = plan.byPattern.get(pattern)?.events;
        const unheard = newcomers.get(pattern);
        const fresh = [...events].filter((event) => !had?.has(event) || unheard?.has(event));
        if (fresh.length > 0) newcomers.set(pattern, new Set(fresh));
      }
      plan = next;
      touched.addAll();
      requestLook();
    },
    note(notice) {
      const matters = notice.name === undefined || plan.matters(notice.name);
      if (matters && plan.written) arrivals.note(notice);
      if (notice.name === undefined) touched.addAll();
      else if (matters) touched.add(notice.name);
      return matters;
    },
    look,
    close() {
      closed = true;
      settling.close();
    },
  };
}

function patternOf({ pattern }: Waiting): string {
  return pattern;
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}
