import { close, constants, fstat, lstat, open, type Stats, write } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeFolder } from '../../system/make-folder.ts';

// Plain descriptors: for 1,000 files that are written once, handles cost a fifth more.
const io = {
  open: promisify(open),
  fstat: promisify(fstat),
  lstat: promisify(lstat),
  write: promisify(write),
  close: promisify(close),
};

/** O_NONBLOCK, because opening a FIFO would wait for a reader. */
const FLAGS =
  constants.O_WRONLY |
  constants.O_CREAT |
  constants.O_APPEND |
  constants.O_NOFOLLOW |
  constants.O_NONBLOCK;
const FILE_MODE = 0o640;
const FOLDER_MODE = 0o755;
const LINE_END = 0x0a;

export interface LogFileOptions {
  /** Made when it is needed. */
  readonly folder: string;
  readonly name: string;
  /** The size at which the file becomes NAME.1. */
  readonly maxBytes: number;
  /** How many older files there are at most. */
  readonly keep: number;
}

/** One log on the disk. Only one call at a time; what fails rejects with the error of the host. */
export interface LogFile {
  /**
   * Appends the bytes, or as many of them as the file has room for before it is rotated, and tells
   * how many. A file that somebody moved away or truncated meanwhile is noticed.
   */
  append(bytes: Uint8Array): Promise<number>;
  /** It is opened again when it is needed. Never rejects. */
  close(): Promise<void>;
}

/** What stands in the place of a log and is no file. */
class NoRegularFileError extends Error {}

interface OpenFile {
  readonly fd: number;
  readonly device: number;
  readonly inode: number;
}

export function createLogFile({ folder, name, maxBytes, keep }: LogFileOptions): LogFile {
  const path = join(folder, name);
  let file: OpenFile | undefined;

  /** Gives the size. */
  async function ensureOpen(): Promise<number> {
    if (file !== undefined) {
      const there = await statOf(path);
      if (there?.ino === file.inode && there.dev === file.device) return there.size;
      await shut();
    }
    const fd = await openLog();
    const stat = await io.fstat(fd);
    file = { fd, device: stat.dev, inode: stat.ino };
    if (stat.isFile()) return stat.size;
    await shut();
    throw new NoRegularFileError(`${path} is no regular file`);
  }

  async function openLog(): Promise<number> {
    try {
      return await io.open(path, FLAGS, FILE_MODE);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await makeFolder(folder, FOLDER_MODE);
      return io.open(path, FLAGS, FILE_MODE);
    }
  }

  async function shut(): Promise<void> {
    const fd = file?.fd;
    file = undefined;
    if (fd !== undefined) await io.close(fd).catch(() => {});
  }

  async function rotate(): Promise<void> {
    await shut();
    if (keep === 0) return rm(path, { force: true });
    for (let age = keep; age > 0; age -= 1) {
      await rename(rotatedName(path, age - 1), rotatedName(path, age)).catch((error) => {
        if (error.code !== 'ENOENT') throw error;
      });
    }
  }

  return {
    async append(bytes) {
      let size = await ensureOpen();
      let count = fitting(bytes, maxBytes - size);
      if (count === 0 && size > 0) {
        await rotate();
        size = await ensureOpen();
        count = fitting(bytes, maxBytes - size);
      }
      if (count === 0) count = Math.min(bytes.length, maxBytes);
      if (file === undefined) throw new Error(`${path} is not open`);
      return (await io.write(file.fd, bytes, 0, count)).bytesWritten;
    },
    close: shut,
  };
}

/** How many bytes have room there: all, or whole lines. */
function fitting(bytes: Uint8Array, room: number): number {
  if (bytes.length <= room) return bytes.length;
  return room <= 0 ? 0 : bytes.lastIndexOf(LINE_END, room - 1) + 1;
}

/** The name of the file that was rotated that many times. */
export function rotatedName(path: string, age: number): string {
  return age === 0 ? path : `${path}.${age}`;
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await io.lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
