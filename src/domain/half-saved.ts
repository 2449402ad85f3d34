import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Lies in the folder of a run whose domain is being saved: the path of what is not whole yet. */
export const HALF_SAVED = 'half-saved';

export function noteHalfSaved(folder: string, partial: string): Promise<void> {
  return writeFile(join(folder, HALF_SAVED), partial, { mode: 0o600 });
}

export function forgetHalfSaved(folder: string): Promise<void> {
  return rm(join(folder, HALF_SAVED), { force: true });
}

/** Removes what a run was saving when it was killed. */
export async function removeHalfSaved(folder: string): Promise<void> {
  const partial = read(join(folder, HALF_SAVED));
  if (partial === undefined) return;
  await rm(partial, { recursive: true, force: true });
  await forgetHalfSaved(folder);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
