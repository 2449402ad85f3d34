import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { pathIn } from './names.ts';
import { entriesIn } from './see.ts';

/** At once. */
const BATCH = 16;

/** Those that cannot be opened, or are on what knows no such thing. */
const LET_BE: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'ELOOP', 'EINVAL', 'ENOSYS']);

/**
 * What was written to files in this folder and below is on the disk then: a result that was handed over
 * outlives a fall of the machine. Links are not followed. Rejects with the error of the host.
 */
export async function flushFiles(folder: Buffer): Promise<void> {
  let batch: Buffer[] = [];
  for await (const entry of entriesIn(folder)) {
    const path = pathIn(folder, entry.name);
    if (entry.isDirectory()) await flushFiles(path);
    else if (entry.isFile()) batch.push(path);
    if (batch.length < BATCH) continue;
    await Promise.all(batch.map(flush));
    batch = [];
  }
  await Promise.all(batch.map(flush));
}

async function flush(path: Buffer): Promise<void> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    await file.datasync();
  } catch (error) {
    if (!LET_BE.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
