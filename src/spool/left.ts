import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpoolEntry } from '../ports/spool-journal.ts';
import { fileIn, type RunPlace } from './run.ts';

/** What its run.json says. */
export async function outcomeIn({
  result,
}: RunPlace): Promise<Pick<SpoolEntry, 'outcome' | 'name'>> {
  const { outcome, name, nameBase64 } = JSON.parse(
    await readFile(join(result, 'run.json'), 'utf8'),
  );
  return {
    outcome: outcome === 'done' ? 'done' : 'failed',
    name: nameBase64 === undefined ? Buffer.from(name) : Buffer.from(nameBase64, 'base64'),
  };
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
