import { randomBytes } from 'node:crypto';
import { lstat, rename, rm, rmdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DomstartError } from '../model/errors.ts';
import { makeFolder } from '../system/make-folder.ts';
import { flushFiles } from './flush.ts';
import { localName, pathIn, textOf } from './names.ts';

/** Where one file is while it runs: `work/RUN`. */
export interface RunPlace {
  readonly run: string;
  readonly folder: string;
  /** The file that was dropped. */
  readonly file: string;
  /** What becomes its result: `work/RUN/ATTEMPT`. An earlier one may still be written to. */
  readonly result: string;
  readonly console: string;
  /** For what the run hands back. */
  readonly output: string;
}

/** Begins with the time, so that runs are in order. */
export function newRunId(): string {
  return `${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`;
}

export const RUN_ID = /^[0-9a-z]+-[0-9a-f]{8}$/;

/** In the folder of a run, and then in its result: what was dropped. */
export const FILE = 'file';
export const RESULT = 'run.json';

export function placeOf(options: {
  readonly work: string;
  readonly run: string;
  readonly attempt: number;
  readonly name: Uint8Array;
}): RunPlace {
  const { work, run, attempt, name } = options;
  const folder = join(work, run);
  const result = join(folder, String(attempt));
  return {
    ...{ run, folder, file: join(folder, FILE, localName(name)), result },
    ...{ console: join(result, 'console.log'), output: join(result, 'output') },
  };
}

/** Makes room for the file. Rejects with the error of the host, as those below do. */
export async function prepareRun({ folder }: RunPlace): Promise<void> {
  // From above, so that each is made by one call.
  for (const path of [folder, join(folder, FILE)]) await makeFolder(path, 0o755);
}

/**
 * Makes the folders of an attempt, once the file was taken: where there is one, and no file, it is the
 * job that has taken it away.
 */
export async function prepareAttempt({ result, output }: RunPlace): Promise<void> {
  for (const path of [result, output]) await makeFolder(path, 0o755);
}

/** Undoes `prepareRun`; a file that is there after all stays. */
export async function removeUnused({ folder }: RunPlace): Promise<void> {
  for (const path of [join(folder, FILE), folder]) await rmdir(path).catch(() => undefined);
}

/** How a run ended, and all that is known of it. */
export interface SpoolOutcome {
  readonly outcome: 'done' | 'failed';
  /** Of the job's process; 128 + N where signal N ended it. Absent where none ran. */
  readonly status?: number;
  /** Of a failure, in a line. */
  readonly reason?: string;
  readonly error?: DomstartError;
  /** Milliseconds since 1970. */
  readonly startedAt?: number;
  readonly endedAt: number;
  readonly phases?: readonly { readonly phase: string; readonly ms: number }[];
  readonly facts?: Readonly<Record<string, string | number>>;
}

export interface RunAccount extends SpoolOutcome {
  /** Absent of one that no job has got. */
  readonly job?: string;
  readonly spool: string;
  readonly name: Uint8Array;
  readonly attempt: number;
  readonly claimedAt: number;
  /** What it was run by: `domstart`, `node`. */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Completes the result: exit status, run.json, the file itself. run.json is there when all the rest is,
 * and is on the disk, but for the file, which is moved behind it.
 */
export async function writeResult(place: RunPlace, account: RunAccount): Promise<void> {
  const { status } = account;
  if (status !== undefined) await writeFile(join(place.result, 'status'), `${status}\n`);
  await rmdir(place.output).catch((error) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT') throw error;
  });
  const fresh = join(place.result, `${RESULT}.new`);
  await writeFile(fresh, accountText(place.run, account));
  await flushFiles(Buffer.from(place.result));
  await rename(fresh, join(place.result, RESULT));
  await moveFile(place);
}

/** Into the result, unless it is there. */
export async function moveFile({ folder, result }: RunPlace): Promise<void> {
  await rename(join(folder, FILE), join(result, FILE)).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

function accountText(run: string, account: RunAccount): string {
  const { job, spool, name, attempt, outcome, status, reason, error, versions } = account;
  const text = textOf(name);
  const isText = Buffer.from(text).equals(Buffer.from(name));
  const times = [account.claimedAt, account.startedAt, account.endedAt];
  const [claimed, started, ended] = times.map((time) => time && new Date(time).toISOString());
  const told = {
    ...{ version: 1, run, job, spool, name: text },
    ...(!isText && { nameBase64: Buffer.from(name).toString('base64') }),
    ...{ outcome, status, reason },
    error: error && { code: error.code, message: error.message, hint: error.hint },
    ...{ attempt, claimed, started, ended },
    ...{ phases: account.phases, facts: account.facts, versions },
  };
  return `${JSON.stringify(told, undefined, 2)}\n`;
}

export async function removePlace({ folder }: Pick<RunPlace, 'folder'>): Promise<void> {
  // Nothing is left in it as a rule, and to look for what there is takes long.
  const isGone = await rmdir(folder).then(
    () => true,
    () => false,
  );
  if (!isGone) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Takes a file out of `in/`; false where it is not there any more. */
export async function takeFile(from: Buffer, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    (error) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

/** What has something in it is a file of its own. */
export async function removeMarker(folder: string, marker: Buffer): Promise<void> {
  const path = pathIn(folder, marker);
  const stat = await lstat(path).catch(() => undefined);
  if (stat === undefined || !stat.isFile() || stat.size > 0) return;
  await unlink(path).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
