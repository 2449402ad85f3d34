/** What is done to the files of a spool by renaming them, and so whether or not somebody serves it. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DomstartError } from '../model/errors.ts';
import { openFolders, type SpoolFolders } from '../spool/folders.ts';
import { toldIn } from '../spool/left.ts';
import { localName, markerOf } from '../spool/names.ts';
import { publish } from '../spool/publish.ts';
import {
  newRunId,
  placeOf,
  prepareAttempt,
  prepareRun,
  type RunPlace,
  removeMarker,
  removePlace,
  removeUnused,
  takeFile,
  writeResult,
} from '../spool/run.ts';
import { HELD } from '../spool/spool.ts';
import { stopWaitingOnSignals } from './control/stop-waiting.ts';
import { EXIT } from './exit-codes.ts';
import { fail, print } from './output.ts';
import { reachAll } from './owners.ts';
import { VERSION } from './version.ts';

export interface FilesOptions {
  readonly json?: true;
}

type Act = (folders: SpoolFolders, name: string) => Promise<void> | void;

/** Puts failed files into the queue again. */
export const retry = over('retried', async (folders, name) => {
  const result = join(folders.failed, name);
  if (!existsSync(result)) {
    throw unknown(`no result ${name} is in ${folders.failed}`, 'see `domstart spool status`');
  }
  const told = await toldIn(result);
  const file = told && localName(told.name);
  if (file === undefined || !existsSync(join(result, 'file', file))) {
    throw unknown(`${result} has not its file any more`, 'drop the file again');
  }
  moveNew(join(result, 'file', file), join(folders.in, file));
  rmSync(result, { recursive: true, force: true });
});

/** Holds files back, or with none all of them. */
export function hold(
  spool: string,
  names: readonly string[],
  options: FilesOptions,
): Promise<number> {
  if (names.length > 0) return holdFiles(spool, names, options);
  return withFolders(spool, ({ spool: folder }) => {
    writeFileSync(join(folder, HELD), '');
    print(options.json ? JSON.stringify({ held: true }) : 'held: nothing is claimed');
  });
}

const holdFiles = over('held', (folders, name) => {
  mkdirSync(folders.hold, { recursive: true });
  move(join(folders.in, name), join(folders.hold, name), `no file ${name} waits in ${folders.in}`);
});

export function release(
  spool: string,
  names: readonly string[],
  options: FilesOptions,
): Promise<number> {
  if (names.length > 0) return releaseFiles(spool, names, options);
  return withFolders(spool, ({ spool: folder }) => {
    rmSync(join(folder, HELD), { force: true });
    print(options.json ? JSON.stringify({ held: false }) : 'released: files are claimed again');
  });
}

const releaseFiles = over('released', (folders, name) => {
  move(
    join(folders.hold, name),
    join(folders.in, name),
    `no file ${name} is held in ${folders.hold}`,
  );
});

/** One that waits is taken out of the queue, one that runs is stopped; both have failed then. */
export const cancel = over('cancelled', async (folders, name) => {
  for (const folder of [folders.in, folders.hold]) {
    if (await cancelWaiting(folders, join(folder, name))) return;
  }
  await cancelRunning(folders, name);
});

/** As a run that has failed at once. False where it is not there, or was claimed at this moment. */
async function cancelWaiting(
  { spool, work, failed }: SpoolFolders,
  path: string,
): Promise<boolean> {
  if (!existsSync(path)) return false;
  const name = Buffer.from(basename(path));
  const place = placeOf({ work, run: newRunId(), attempt: 1, name });
  await prepareRun(place);
  if (!(await takeFile(Buffer.from(path), place.file))) {
    await removeUnused(place);
    return false;
  }
  try {
    await prepareAttempt(place);
    const now = Date.now();
    await writeResult(place, {
      ...{ outcome: 'failed', reason: 'cancelled', name, spool, attempt: 1 },
      ...{ claimedAt: now, endedAt: now, versions: { domstart: VERSION } },
    });
    await publish({ result: place.result, folder: failed, name, intend: async () => {} });
  } catch (error) {
    await giveBack(place, path);
    throw error;
  }
  await removeMarker(dirname(path), markerOf(name));
  await removePlace(place);
  return true;
}

/** It waits as before. */
async function giveBack({ file, folder, result }: RunPlace, path: string): Promise<void> {
  const inResult = join(result, 'file', basename(file));
  moveNew(existsSync(inResult) ? inResult : file, path);
  rmSync(folder, { recursive: true, force: true });
}

async function cancelRunning({ spool }: SpoolFolders, name: string): Promise<void> {
  const { signal, forget } = stopWaitingOnSignals();
  using clients = new DisposableStack();
  try {
    for (const owner of await reachAll(signal)) {
      clients.use(owner);
      try {
        for await (const _ of owner.request({ verb: 'cancel-file', spool, name }, { signal }));
        return;
      } catch (error) {
        if ((error as DomstartError).code !== 'file-unknown') throw error;
      }
    }
  } finally {
    forget();
  }
  throw unknown(`no file ${name} waits or runs in ${spool}`, 'see `domstart spool status`');
}

function over(done: string, act: Act) {
  return (spool: string, names: readonly string[], options: FilesOptions): Promise<number> =>
    withFolders(spool, async (folders) => {
      for (const name of names) {
        if (name.includes('/') || name === '.' || name === '..') {
          throw unknown(`${name} is no name of a file in a spool`, 'name it without its folder');
        }
        await act(folders, name);
        print(options.json ? JSON.stringify({ [done]: name }) : `${done} ${name}`);
      }
    });
}

async function withFolders(
  spool: string,
  act: (folders: SpoolFolders) => Promise<void> | void,
): Promise<number> {
  try {
    if (!existsSync(join(spool, 'in'))) throw noSpool(spool);
    await act(await openFolders(spool));
    return EXIT.ok;
  } catch (error) {
    return fail(error);
  }
}

function move(from: string, to: string, missing: string): void {
  if (!existsSync(from)) throw unknown(missing, 'see `domstart spool status`');
  moveNew(from, to);
}

function moveNew(from: string, to: string): void {
  if (existsSync(to)) {
    throw new DomstartError('file-unknown', `${to} is there already`, {
      hint: 'move it away first',
    });
  }
  renameSync(from, to);
}

export function noSpool(spool: string): DomstartError {
  return new DomstartError('file-missing', `${spool} is no spool: it has no folder \`in\``, {
    hint: 'begin one with `domstart spool DIR --job JOB.conf`, or `spool DIR` in a job of the daemon',
  });
}

function unknown(message: string, hint: string): DomstartError {
  return new DomstartError('file-unknown', message, { hint });
}
