import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpoolEntry } from '../ports/spool-journal.ts';
import type { Found } from './recover.ts';
import { FILE, RESULT, type RunPlace } from './run.ts';

type Told = Pick<SpoolEntry, 'outcome' | 'name'>;

/** What a run that was cut off has left in `work/RUN`. */
export async function findRun(work: string, run: string): Promise<Found> {
  const folder = join(work, run);
  const names = await list(folder);
  const attempts = names.filter((name) => /^[1-9]\d*$/.test(name)).map(Number);
  const told = await Promise.all(attempts.map((one) => toldIn(join(folder, String(one)))));
  const whole = attempts.find((_, index) => told[index] !== undefined);
  const isThere = (await fileIn(folder)) !== undefined;
  // It goes with a result that is whole, its folder and all.
  const isConsumed = names.includes(FILE) && attempts.length > 0;
  const file = isThere || (isConsumed && 'consumed');
  return { file, attempts, ...(whole !== undefined && { whole }) };
}

/**
 * Where the machine itself went down, a file that was written just before may be empty after all: the
 * dropped file, which has been moved behind it, is put back, so that it is run again.
 */
export async function putBack(work: string, run: string): Promise<void> {
  const folder = join(work, run);
  if ((await fileIn(folder)) !== undefined) return;
  for (const name of await list(folder)) {
    const result = join(folder, name);
    if ((await fileIn(result)) === undefined || (await toldIn(result)) !== undefined) continue;
    return rename(join(result, FILE), join(folder, FILE));
  }
}

/** What its run.json says. */
export async function outcomeIn({ result }: RunPlace): Promise<Told> {
  const told = await toldIn(result);
  if (told === undefined) throw new Error(`${join(result, RESULT)} is not whole`);
  return told;
}

/** Undefined where there is none, or not all of it. */
export async function toldIn(result: string): Promise<Told | undefined> {
  const text = await readFile(join(result, RESULT), 'utf8').catch(nothingThere(''));
  try {
    const { outcome, name, nameBase64 } = JSON.parse(text);
    return {
      outcome: outcome === 'done' ? 'done' : 'failed',
      name: nameBase64 === undefined ? Buffer.from(name) : Buffer.from(nameBase64, 'base64'),
    };
  } catch {
    return undefined;
  }
}

/** Where the journal knows nothing of it: its name is that in its folder. */
export async function entryFromFolder(of: {
  readonly spool: string;
  readonly work: string;
  readonly run: string;
  readonly job: string;
  readonly remedy: { readonly attempt: number };
}): Promise<SpoolEntry> {
  const { spool, work, run, job, remedy } = of;
  const folder = join(work, run);
  const local = (await fileIn(folder)) ?? (await fileIn(join(folder, String(remedy.attempt))));
  const name = Buffer.from(local ?? run);
  return { run, spool, name, job, step: 'claimed', attempt: remedy.attempt, claimedAt: Date.now() };
}

/** What is in a run's `file` folder: one name. */
async function fileIn(folder: string): Promise<string | undefined> {
  return (await list(join(folder, FILE)))[0];
}

async function list(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(nothingThere([]));
}

function nothingThere<T>(instead: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return instead;
    throw error;
  };
}
