import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** The first executable file of that name on PATH. */
export function findExecutable(
  name: string,
  path: string | undefined = process.env['PATH'],
): string | undefined {
  for (const folder of (path ?? '').split(':')) {
    const file = join(folder || '.', name);
    if (isExecutable(file)) return file;
  }
  return undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
