import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isOwnerGone } from '../system/owner-name.ts';

/** The names of folders in which pipes are made begin so; an owner's name follows. */
export const PIPES = 'domstart-pipes-';

/** Removes those that are in `parent` because who made them was killed meanwhile. */
export function sweepLeftPipes(parent: string): void {
  for (const name of namesIn(parent)) {
    if (!name.startsWith(PIPES)) continue;
    const path = join(parent, name);
    try {
      // Others can make folders there, too, and links by that name to anywhere.
      const stats = lstatSync(path);
      if (!stats.isDirectory() || stats.uid !== process.getuid?.()) continue;
      if (isOwnerGone(path, name.slice(PIPES.length))) rmSync(path, { recursive: true });
    } catch {
      // Somebody else removes it now, or the next who starts does.
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
