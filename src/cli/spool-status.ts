import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { neutralise } from '../model/terminal.ts';
import { countFiles, foldersOf, type SpoolFolders } from '../spool/folders.ts';
import { HELD } from '../spool/spool.ts';
import type { SpoolStatus } from '../spool/status.ts';
import { stopWaitingOnSignals } from './control/stop-waiting.ts';
import { EXIT } from './exit-codes.ts';
import { fail, print, say } from './output.ts';
import { reachAll } from './owners.ts';
import { noSpool } from './spool-files.ts';

export interface StatusOptions {
  readonly json?: true;
}

/** What is in the folders, and what who serves it says of it. */
interface Whole extends Partial<SpoolStatus> {
  readonly spool: string;
  readonly waiting: number;
  readonly done: number;
  readonly failed: number;
  /** Names that somebody holds back. */
  readonly hold: number;
  /** Why what waits is not run. */
  readonly why?: string;
  readonly failures: readonly { readonly name: string; readonly reason: string }[];
}

/** `domstart spool status [DIR]`: of one, or of all that are served here. */
export async function status(folder: string | undefined, { json }: StatusOptions): Promise<number> {
  const interrupt = stopWaitingOnSignals();
  try {
    const served = await servedSpools(interrupt.signal);
    const spools = folder === undefined ? served : [servedOne(folder, served)];
    if (spools.length === 0) say('no spools: neither a daemon nor a `domstart spool` serves one');
    for (const one of spools) {
      const whole = await look(one);
      if (json) print(JSON.stringify(whole));
      else for (const line of lines(whole)) print(line);
    }
    return interrupt.status ?? EXIT.ok;
  } catch (error) {
    return interrupt.status ?? fail(error);
  } finally {
    interrupt.forget();
  }
}

type Known = { readonly spool: string } & Partial<SpoolStatus>;

async function servedSpools(signal: AbortSignal): Promise<SpoolStatus[]> {
  using clients = new DisposableStack();
  const found: SpoolStatus[] = [];
  for (const owner of await reachAll(signal)) {
    clients.use(owner);
    for await (const item of owner.request({ verb: 'spools' }, { signal })) {
      if (item.kind === 'spool') found.push(item.spool);
    }
  }
  return found;
}

/** Of two daemons the one that serves it. */
function servedOne(folder: string, served: readonly SpoolStatus[]): Known {
  if (!existsSync(join(folder, 'in'))) throw noSpool(folder);
  const spool = realpathSync(folder);
  const own = served.filter((one) => one.spool === spool);
  return own.find(({ state }) => state !== 'standby') ?? own[0] ?? { spool };
}

const MOST_FAILURES = 10;

async function look(known: Known): Promise<Whole> {
  const folders = foldersOf(known.spool);
  const [waiting, done, failed, hold] = await Promise.all(
    [folders.in, folders.done, folders.failed, folders.hold].map(countFiles),
  );
  const { state, reason } = known;
  const nobody =
    state === undefined ? 'nobody serves it: start the daemon, or `domstart spool`' : undefined;
  const held = existsSync(join(known.spool, HELD)) ? 'it is on hold' : undefined;
  const why = nobody ?? held ?? reason;
  return {
    ...known,
    ...{ waiting: waiting ?? 0, done: done ?? 0, failed: failed ?? 0, hold: hold ?? 0 },
    ...(why !== undefined && { why }),
    failures: latestFailures(folders),
  };
}

function latestFailures({ failed }: SpoolFolders): Whole['failures'] {
  if (!existsSync(failed)) return [];
  return readdirSync(failed)
    .slice(0, MOST_FAILURES)
    .map((name) => ({ name, reason: reasonOf(join(failed, name, 'run.json')) }));
}

function reasonOf(file: string): string {
  try {
    return String(JSON.parse(readFileSync(file, 'utf8')).reason ?? '');
  } catch {
    return 'it has no run.json';
  }
}

function* lines(whole: Whole): Generator<string> {
  const { spool, job, limit, running = [], again = [], growing = [], why, failures } = whole;
  const counts = [`${whole.waiting} waiting`, `${running.length} running`];
  const ends = [`${whole.done} done`, `${whole.failed} failed`];
  const held = whole.hold > 0 ? [`${whole.hold} held`] : [];
  const whose = job === undefined ? '' : `  (job ${job}, ${limit} at once)`;
  yield neutralise(`${spool}${whose}`);
  yield `  ${[...counts, ...held, ...ends].join(', ')}`;
  if (why !== undefined) yield neutralise(`  why it waits: ${why}`);
  for (const { name, run, attempt, since, kept } of running) {
    if (kept !== undefined) {
      const left = Math.max(0, Math.round((kept.until - Date.now()) / 1000));
      yield neutralise(
        `  kept    ${name}  it has failed, ${left} s are left: domstart domain console ${kept.domain}`,
      );
      continue;
    }
    const seconds = ((Date.now() - since) / 1000).toFixed(1);
    const which = attempt === 1 ? '' : `, attempt ${attempt}`;
    yield neutralise(`  runs    ${name}  ${seconds} s (${run}${which})`);
  }
  for (const { name, run, attempt } of again) {
    yield neutralise(`  waits   ${name}  it was cut off: attempt ${attempt} is next (${run})`);
  }
  for (const { name, why: reason } of growing) yield neutralise(`  waits   ${name}  ${reason}`);
  for (const { name, reason } of failures) {
    yield neutralise(`  failed  ${name}  ${reason.split('\n', 1)[0] ?? ''}`);
  }
}
