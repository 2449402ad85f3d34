import { existsSync, renameSync } from 'node:fs';

const PARTS = ['-wal', '-shm', ''];

/** Takes a journal and what belongs to it out of the way; returns its new name. */
export function setAside(file: string, at: Date): string {
  const stem = `${file}.damaged-${at.toISOString().replaceAll(':', '-')}`;
  let aside = stem;
  for (let more = 2; existsSync(aside); more += 1) aside = `${stem}-${more}`;
  for (const part of PARTS) {
    if (existsSync(file + part)) renameSync(file + part, aside + part);
  }
  return aside;
}
