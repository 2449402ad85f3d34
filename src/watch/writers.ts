import { readdir, readFile, readlink, stat } from 'node:fs/promises';

/** `DEV:INO`, which names a file whatever it is called. */
export type FileId = string;

export function fileId({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): FileId {
  return `${dev}:${ino}`;
}

export interface WriterSearch {
  /**
   * Those of the files that a process has open for writing, as far as /proc shows it: an ordinary
   * user does not see what other users' processes have open.
   */
  openForWriting(files: Iterable<FileId>): Promise<ReadonlySet<FileId>>;
}

/** A search goes through every process, so who asks while one is on shares the next. */
export function createWriterSearch(): WriterSearch {
  let running: Promise<unknown> = Promise.resolve();
  let next: { readonly files: Set<FileId>; readonly found: Promise<Set<FileId>> } | undefined;
  return {
    openForWriting(asked) {
      if (next === undefined) {
        const files = new Set<FileId>();
        const found = running.then(() => {
          next = undefined;
          return search(files);
        });
        running = found;
        next = { files, found };
      }
      for (const file of asked) next.files.add(file);
      return next.found;
    },
  };
}

async function search(files: ReadonlySet<FileId>): Promise<Set<FileId>> {
  const inodes = new Set(Array.from(files, (file) => file.slice(file.indexOf(':') + 1)));
  const found = new Set<FileId>();
  for (const pid of await listOf('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const descriptors = await listOf(`/proc/${pid}/fd`);
    await Promise.all(
      descriptors.map(async (descriptor) => {
        const file = await writtenFile(pid, descriptor, inodes);
        if (file !== undefined && files.has(file)) found.add(file);
      }),
    );
  }
  return found;
}

/** The file that a descriptor writes to, where its inode is one of those looked for. */
async function writtenFile(
  pid: string,
  descriptor: string,
  inodes: ReadonlySet<string>,
): Promise<FileId | undefined> {
  const path = `/proc/${pid}/fd/${descriptor}`;
  try {
    // Sockets and pipes, most of what is open, have no path.
    if (!(await readlink(path)).startsWith('/')) return undefined;
    const info = await readFile(`/proc/${pid}/fdinfo/${descriptor}`, 'latin1');
    const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? '0', 8);
    if ((flags & ACCESS_MODE) === READ_ONLY) return undefined;
    // Linux tells the inode since 5.14. It spares a stat, which a dead file server would hold up.
    const inode = /^ino:\s*(\d+)/m.exec(info)?.[1];
    if (inode !== undefined && !inodes.has(inode)) return undefined;
    return fileId(await stat(path, { bigint: true }));
  } catch {
    // The process or the descriptor is gone, or not ours to see.
    return undefined;
  }
}

const ACCESS_MODE = 3;
const READ_ONLY = 0;

async function listOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}
