import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** The first executable file of that name on PATH; of those that `accept` takes, where given. */
export function findExecutable(
  name: string,
  options: {
    readonly path?: string | undefined;
    readonly accept?: (file: string) => boolean;
  } = {},
): string | undefined {
  const { path = process.env['PATH'] ?? '', accept = () => true } = options;
  return path
    .split(':')
    .map((folder) => join(folder || '.', name))
    .find((file) => isExecutable(file) && accept(file));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
