/**
 * A folder that is a queue: what arrives in `in/` is run, each once, and its result appears in `done/` or
 * `failed/` by one rename.
 *
 * The steps of a file, each synced in the journal before it is done: claimed (then renamed into
 * `work/RUN`, and run), ended (then renamed into `done/` or `failed/`), over. So whenever we are killed,
 * the journal and the folders together tell what is left to do (recover.ts), and the folders alone
 * where the journal was lost.
 */
import { existsSync } from 'node:fs';
import { lstat, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { DomstartError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { SpoolEntry, SpoolJournal } from '../ports/spool-journal.ts';
import { holderOf, takeFile as lockFile } from '../system/exclusive-file.ts';
import { isSame, refusalOf } from './arrival.ts';
import { fullDisk, movedAway, takenAway } from './faults.ts';
import { hasRoom, identityOf, openFolders, type SpoolFolders } from './folders.ts';
import { type Arrival, createInbox, type Inbox } from './inbox.ts';
import { entryFromFolder, findRun, outcomeIn, putBack } from './left.ts';
import { markerOf, pathIn, textOf } from './names.ts';
import { publish } from './publish.ts';
import { remedyFor } from './recover.ts';
import {
  moveFile,
  newRunId,
  placeOf,
  prepareAttempt,
  prepareRun,
  RUN_ID,
  type RunPlace,
  removeMarker,
  removePlace,
  removeUnused,
  type SpoolOutcome,
  takeFile,
  writeResult,
} from './run.ts';
import { namesIn, see } from './see.ts';
import type { SpoolStatus } from './status.ts';
import { createTrouble } from './trouble.ts';

export interface SpoolRequest {
  readonly job: string;
  readonly spool: string;
  readonly run: string;
  readonly name: Uint8Array;
  readonly place: RunPlace;
}

type Interruption =
  | { readonly outcome: 'interrupted' }
  | { readonly outcome: 'cut off'; readonly reason: string };

/** Runs the job. */
export interface SpoolRunner {
  /**
   * Never rejects. `interrupted`: nobody is to be told of it, as everything is stopped. `cut off`: the
   * host ended it, so that it may be run again.
   */
  run(request: SpoolRequest): Promise<SpoolOutcome | Interruption>;
  /** A domain of this run goes on that a daemon before has left: to run it is to go on with it. */
  goesOn(run: string): boolean;
  stop(run: string): void;
}

export interface SpoolOptions {
  /** As it was named; made where it is missing. */
  readonly folder: string;
  readonly job: string;
  /** Runs at once. */
  readonly limit: number;
  /** How often a file is begun that was cut off. */
  readonly attempts: number;
  readonly clock: Clock;
  readonly journal: SpoolJournal;
  readonly runner: SpoolRunner;
  readonly versions: Readonly<Record<string, string>>;
  /** A file is run, or its result is there; told after it is so. */
  readonly onTold?: ((told: SpoolTold) => void) | undefined;
  /** What people should do something about; told once, until it goes well again. */
  readonly onProblem: (error: DomstartError) => void;
}

/** What becomes of a file. */
export type SpoolTold = { readonly run: string; readonly name: Uint8Array } & (
  | { readonly kind: 'begun'; readonly attempt: number }
  | {
      readonly kind: 'over';
      readonly outcome: 'done' | 'failed';
      readonly reason?: string;
      readonly status?: number;
      /** Of the result. */
      readonly folder: Buffer;
      /** Milliseconds from its claim. */
      readonly ms: number;
    }
);

export interface Spool {
  /** Ends one that waits or runs, by the name of its file or its run; it then has failed. False: there is none. */
  cancel(name: string): boolean;
  status(): SpoolStatus;
  /** Claims nothing any more. */
  pause(): void;
  /** Resolves when nothing runs; what was cut off by that is given back to `in/`. */
  close(): Promise<void>;
}

/** Milliseconds until what could not be done is tried again. */
const AGAIN = 1_000;
/** At most so long nobody looks whether there is room. */
const ROOM_IS_FRESH = 500;

const LOCK = '.lock';
/** While there is such a file nothing is claimed. */
export const HELD = '.held';

interface Placed {
  readonly entry: SpoolEntry;
  readonly place: RunPlace;
}

interface Running {
  readonly entry: SpoolEntry;
  readonly since: number;
  cancelled: boolean;
}

export function createSpool(options: SpoolOptions): Spool {
  const { clock, journal, runner, job } = options;
  const running = new Map<string, Running>();
  const tasks = new Set<Promise<void>>();
  /** To be run again, before anything new. */
  const cutOff: { readonly entry: SpoolEntry; readonly place: RunPlace }[] = [];
  const timers = new Set<() => void>();
  const resting = new Set<() => void>();
  const trouble = createTrouble(options);
  let folders: SpoolFolders | undefined;
  let lock: Disposable | undefined;
  let inbox: Inbox | undefined;
  let paused = false;
  let room = true;
  let roomAt = Number.NEGATIVE_INFINITY;
  let pumping = false;
  let again = false;
  /** It will be looked again soon whether it may go on. */
  let waits = false;
  /** The latest claim. */
  let claimFailed = false;
  /** Of the folder that is locked. */
  let identity: string | undefined;

  function later(ms: number, act: () => void): void {
    const forget = clock.after(ms, () => {
      timers.delete(forget);
      act();
    });
    timers.add(forget);
  }

  /** Ends early where everything is stopped. */
  function rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (paused) return resolve();
      resting.add(resolve);
      later(ms, () => {
        resting.delete(resolve);
        resolve();
      });
    });
  }

  async function open(): Promise<void> {
    if (paused) return;
    try {
      folders = await openFolders(options.folder);
      lock ??= lockFile(join(folders.spool, LOCK), { patience: 0 });
      if (lock === undefined) {
        later(AGAIN, start);
        return;
      }
      identity = await identityOf(folders.spool);
      await recover(folders);
      if (paused) return;
      trouble.over();
      inbox = createInbox({ folder: folders.in, clock, onArrival: pump, onProblem: trouble.tell });
      pump();
    } catch (error) {
      trouble.tell(error);
      later(AGAIN, start);
    }
  }

  /** Somebody has put another folder in its place: that one is served now, and has a lock of its own. */
  function openAnew(): void {
    trouble.tell(movedAway(options.folder));
    const left = inbox;
    [inbox, folders] = [undefined, undefined];
    lock?.[Symbol.dispose]();
    lock = undefined;
    track(Promise.resolve(left?.[Symbol.asyncDispose]()).then(open));
  }

  function start(): void {
    track(open());
  }

  function track(task: Promise<void>): void {
    const tracked = task.finally(() => tasks.delete(tracked));
    tasks.add(tracked);
  }

  function pump(): void {
    again = true;
    if (pumping) return;
    pumping = true;
    track(
      (async () => {
        while (again && !paused) {
          again = false;
          await claimAll();
        }
        pumping = false;
      })(),
    );
  }

  function pumpAgain(): void {
    if (waits) return;
    waits = true;
    later(AGAIN, () => {
      waits = false;
      pump();
    });
  }

  async function claimAll(): Promise<void> {
    if (folders === undefined || inbox === undefined) return;
    while (!paused && running.size < options.limit) {
      const next = cutOff.shift();
      if (next !== undefined) {
        go(next.entry, () => runAgain(next.entry, next.place));
        continue;
      }
      if (isHeld(folders) || !(await looksRoomy(folders))) {
        pumpAgain();
        return;
      }
      const arrival = inbox.take();
      if (arrival === undefined) return;
      const entry = entryFor(arrival, folders);
      go(entry, () => claim(entry, arrival));
    }
  }

  function go(entry: SpoolEntry, work: () => Promise<void>): void {
    running.set(entry.run, { entry, since: Date.now(), cancelled: false });
    track(
      work()
        .catch(trouble.tell)
        .finally(() => {
          running.delete(entry.run);
          pump();
        }),
    );
  }

  async function looksRoomy({ spool, work }: SpoolFolders): Promise<boolean> {
    if (clock.now() - roomAt < ROOM_IS_FRESH) return room;
    if ((await identityOf(spool)) !== identity) {
      openAnew();
      return false;
    }
    const before = room;
    room = await hasRoom(work);
    roomAt = clock.now();
    if (!room) trouble.tell(fullDisk(work));
    else if (!before) trouble.over();
    return room;
  }

  function entryFor({ name }: Arrival, { spool }: SpoolFolders): SpoolEntry {
    return {
      run: newRunId(),
      spool,
      name,
      job,
      step: 'claimed',
      attempt: 1,
      claimedAt: Date.now(),
    };
  }

  async function claim(entry: SpoolEntry, arrival: Arrival): Promise<void> {
    if (folders === undefined || inbox === undefined) return;
    const { in: from, work } = folders;
    const { name, marked } = arrival;
    const place = placeOf({ work, ...entry });
    const path = pathIn(from, name);
    try {
      const now = await see(path);
      if (now === undefined) return inbox.forget(name);
      if (!isSame(now.seen, arrival.seen)) return inbox.giveBack(name);
      await both(journal.keep(entry), prepareRun(place));
      if (!(await takeFile(path, place.file))) {
        inbox.forget(name);
        await Promise.all([journal.forget(entry.run), removeUnused(place)]);
        return;
      }
    } catch (error) {
      await Promise.all([journal.forget(entry.run), removeUnused(place)]).catch(() => undefined);
      claimFailed = true;
      trouble.tell(await causeOf(error));
      // As it lies there it would be tried again at once.
      roomAt = Number.NEGATIVE_INFINITY;
      await rest(AGAIN);
      inbox.giveBack(name);
      return;
    }
    if (claimFailed) trouble.over();
    claimFailed = false;
    if (marked) await removeMarker(from, markerOf(name)).catch(trouble.tell);
    inbox.forget(name);
    if (await insist({ entry, place }, () => prepareAttempt(place))) await runIn(entry, place);
  }

  async function runAgain(entry: SpoolEntry, place: RunPlace): Promise<void> {
    const ready = await insist({ entry, place }, async () => {
      await journal.keep(entry);
      await prepareRun(place);
      await prepareAttempt(place);
    });
    if (ready) await runIn(entry, place);
  }

  async function runIn(entry: SpoolEntry, place: RunPlace): Promise<void> {
    const { run, spool, name, attempt } = entry;
    // As it is now: nobody can change it any more from outside.
    const found = await see(Buffer.from(place.file));
    const isCancelled = running.get(run)?.cancelled === true;
    const reason = isCancelled ? 'cancelled' : found === undefined ? GONE : refusalOf(found.seen);
    if (reason !== undefined) {
      return finish(entry, place, { outcome: 'failed', reason, endedAt: Date.now() });
    }
    options.onTold?.({ kind: 'begun', run, name, attempt });
    const outcome = await runner.run({ job, spool, run, name, place });
    if (outcome.outcome === 'interrupted') return giveBack(entry, place);
    const cancelled = running.get(run)?.cancelled === true && outcome.outcome !== 'done';
    if (outcome.outcome === 'cut off') {
      if (!cancelled && attempt < options.attempts) return tryAgain(entry);
      const reason = cancelled
        ? 'cancelled'
        : `${outcome.reason} (it was cut off ${tries(attempt)})`;
      return finish(entry, place, { outcome: 'failed', reason, endedAt: Date.now() });
    }
    await finish(entry, place, cancelled ? { ...outcome, reason: 'cancelled' } : outcome);
  }

  /** The next attempt has a folder of its own. */
  async function tryAgain(entry: SpoolEntry): Promise<void> {
    if (folders === undefined) return;
    const next = { ...entry, attempt: entry.attempt + 1 };
    await runAgain(next, placeOf({ work: folders.work, ...next }));
  }

  /** Until it is done: a result that there is no room for waits. */
  async function finish(entry: SpoolEntry, place: RunPlace, outcome: SpoolOutcome): Promise<void> {
    const { name, attempt, claimedAt, spool } = entry;
    const account = { ...outcome, job, spool, name, attempt, claimedAt };
    await insist({ entry, place }, async () => {
      await writeResult(place, { ...account, versions: options.versions });
      const folder = await handOver({ ...entry, ...outcomeOf(outcome) }, place);
      const { outcome: is, reason, status, endedAt } = outcome;
      options.onTold?.({
        ...{ kind: 'over', run: entry.run, name, outcome: is, folder, ms: endedAt - claimedAt },
        ...(reason !== undefined && { reason }),
        ...(status !== undefined && { status }),
      });
    });
  }

  /** What there is no room for is tried again. False where everything is stopped: the next start does it. */
  async function insist(of: Placed, act: () => Promise<void>): Promise<boolean> {
    let failed = false;
    let mended = false;
    for (;;) {
      try {
        await act();
        if (failed) trouble.over();
        return true;
      } catch (error) {
        if (!existsSync(of.place.folder)) {
          await lose(of);
          return false;
        }
        const cause = await causeOf(error);
        // Where a folder was missing that is there again, nobody need know.
        mended = isMissing(cause) && !mended;
        if (mended) continue;
        failed = true;
        trouble.tell(cause);
        if (paused) return false;
        await rest(AGAIN);
      }
    }
  }

  /** Makes what is missing of the spool; where that cannot be, it is the cause. */
  async function causeOf(error: unknown): Promise<unknown> {
    return openFolders(options.folder).then(
      () => error,
      (cause) => cause,
    );
  }

  /** Somebody has taken away what ran, with all that was to be its result. */
  async function lose({ entry, place }: Placed): Promise<void> {
    options.onProblem(takenAway(entry, place));
    // It may have gone with all of the spool.
    roomAt = Number.NEGATIVE_INFINITY;
    await journal.forget(entry.run).catch(trouble.tell);
  }

  /** Gives where the result is. */
  async function handOver(entry: SpoolEntry, place: RunPlace): Promise<Buffer> {
    const { outcome = 'failed' } = entry;
    if (folders === undefined) throw movedAway(entry.spool);
    const folder = folders[outcome];
    const name = await publish({
      ...{ result: place.result, name: entry.name, folder },
      intend: (target) => journal.keep({ ...entry, step: 'ended', target }),
    });
    // What a crash leaves of these the next start removes.
    journal.note({ ...entry, step: 'over' });
    await removePlace(place).catch(trouble.tell);
    return pathIn(folder, name);
  }

  /** As if it had never been claimed; where its name is taken by now, the next start runs it. */
  async function giveBack({ run, name }: SpoolEntry, place: RunPlace): Promise<void> {
    if (folders === undefined) return;
    const path = pathIn(folders.in, name);
    const isTaken = await lstat(path).then(
      () => true,
      () => false,
    );
    if (isTaken) return;
    try {
      await rename(place.file, path);
    } catch (error) {
      // The job has taken it away: the next start says so.
      if (isMissing(error)) return;
      throw error;
    }
    await Promise.all([journal.forget(run), removePlace(place)]);
  }

  /** What a daemon that was killed has left. */
  async function recover({ spool, in: inbox, work }: SpoolFolders): Promise<void> {
    cutOff.length = 0;
    const entries = new Map(journal.unfinished(spool).map((entry) => [entry.run, entry]));
    const runs = new Set(entries.keys());
    for await (const name of namesIn(work)) if (RUN_ID.test(String(name))) runs.add(String(name));
    for (const run of [...runs].sort()) {
      // Our own, where the spool is opened anew.
      if (running.has(run)) continue;
      const entry = entries.get(run);
      await putBack(work, run);
      const found = await findRun(work, run);
      const { attempts } = options;
      const remedy = runner.goesOn(run)
        ? ({ do: 'run', attempt: Math.max(1, entry?.attempt ?? 0, ...found.attempts) } as const)
        : remedyFor(entry, found, { attempts });
      if (remedy.do === 'forget') {
        const { step } = entry ?? {};
        if (step === 'ended' && entry !== undefined) journal.note({ ...entry, step: 'over' });
        else await journal.forget(run);
        await removePlace({ folder: join(work, run) });
        continue;
      }
      const known = entry ?? (await entryFromFolder({ spool, work, run, job, remedy }));
      const next = { ...known, step: 'claimed', attempt: remedy.attempt } as const;
      const place = placeOf({ work, ...next });
      // It goes behind the file, and may be left.
      await removeMarker(inbox, markerOf(known.name));
      if (remedy.do === 'run') cutOff.push({ entry: next, place });
      else if (remedy.do === 'publish') {
        const told = await outcomeIn(place);
        await moveFile(place);
        const folder = await handOver({ ...known, ...told }, place);
        const { outcome = 'failed', name } = told;
        const ms = Date.now() - known.claimedAt;
        options.onTold?.({ kind: 'over', run, name, outcome, folder, ms });
      } else {
        const reason =
          found.file === 'consumed' ? GONE : `it was cut off ${tries(remedy.attempts)}`;
        await prepareRun(place);
        await prepareAttempt(place);
        await finish(next, place, { outcome: 'failed', reason, endedAt: Date.now() });
      }
    }
  }

  function isHeld({ spool }: SpoolFolders): boolean {
    return existsSync(join(spool, HELD));
  }

  function reasonNow(): Pick<SpoolStatus, 'state' | 'reason'> {
    if (trouble.now !== undefined)
      return { state: room ? 'troubled' : 'full', reason: trouble.now.message };
    if (folders === undefined) return { state: 'opening' };
    if (lock === undefined) {
      const pid = holderOf(join(folders.spool, LOCK));
      return { state: 'standby', reason: `process ${pid ?? 'of another place'} serves it` };
    }
    if (isHeld(folders)) return { state: 'held', reason: 'it is on hold' };
    if (running.size < options.limit) return { state: 'serving' };
    const limit = `all ${options.limit} of its places are taken (\`spool limit\`)`;
    return { state: 'serving', reason: limit };
  }

  function stopClaiming(): void {
    paused = true;
    for (const forget of timers) forget();
    timers.clear();
    for (const resolve of resting) resolve();
    resting.clear();
  }

  start();
  return {
    cancel(name) {
      const isIts = ({ entry }: { readonly entry: SpoolEntry }) =>
        entry.run === name || textOf(entry.name) === name;
      const at = cutOff.findIndex(isIts);
      // It is begun, whatever else runs, and ends before its job does.
      const [next] = at < 0 ? [] : cutOff.splice(at, 1);
      if (next !== undefined) go(next.entry, () => runAgain(next.entry, next.place));
      for (const [run, one] of running) {
        if (!isIts(one)) continue;
        one.cancelled = true;
        runner.stop(run);
        return true;
      }
      return false;
    },

    status() {
      const { spool = options.folder } = folders ?? {};
      const now = reasonNow();
      const growing = (inbox?.growing() ?? []).slice(0, MOST_TOLD);
      return {
        ...{ spool, job, ...now, limit: options.limit },
        running: Array.from(running.values(), ({ entry, since }) => ({
          ...{ run: entry.run, name: textOf(entry.name), attempt: entry.attempt, since },
        })),
        again: cutOff.slice(0, MOST_TOLD).map(({ entry: { run, name, attempt } }) => ({
          ...{ run, name: textOf(name), attempt },
        })),
        growing: growing.map(({ name, why }) => ({ name: textOf(name), why })),
      };
    },

    pause: stopClaiming,

    async close() {
      stopClaiming();
      while (tasks.size > 0) await Promise.all(tasks);
      await inbox?.[Symbol.asyncDispose]();
      lock?.[Symbol.dispose]();
      lock = undefined;
    },
  };
}

/** Rejects when both are over: what is made meanwhile can be removed then. */
async function both(...acts: readonly Promise<void>[]): Promise<void> {
  for (const act of await Promise.allSettled(acts)) {
    if (act.status === 'rejected') throw act.reason;
  }
}

const GONE = 'its file was taken away by what ran: it cannot be run again';

function tries(attempts: number): string {
  const times = attempts === 1 ? 'once' : `${attempts} times`;
  return `${times}, as often as \`spool attempts\` lets it be`;
}

/** Names in an answer; there may be thousands. */
const MOST_TOLD = 20;

function outcomeOf({ outcome, reason, endedAt }: SpoolOutcome) {
  return { outcome, endedAt, ...(reason !== undefined && { reason }) };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
