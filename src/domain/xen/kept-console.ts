import { closeSync, createReadStream, existsSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** In the folder of the run: all that was read of the console, for whoever goes on with the domain. */
const FILE = 'console.log';

/** Where it cannot be kept the domain goes on: only an adoption would miss it. */
export function keepConsole(folder: string): {
  write(bytes: Uint8Array): void;
  close(): void;
} {
  let fd = quietly(() => openSync(join(folder, FILE), 'a', 0o600));
  const close = () => {
    const open = fd;
    fd = undefined;
    if (open !== undefined) quietly(() => closeSync(open));
  };
  return {
    write(bytes) {
      const open = fd;
      if (open !== undefined && quietly(() => writeSync(open, bytes)) === undefined) close();
    },
    close,
  };
}

export function readKept(folder: string): AsyncIterable<Buffer> | Iterable<Buffer> {
  const file = join(folder, FILE);
  return existsSync(file) ? createReadStream(file) : [];
}

function quietly<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
