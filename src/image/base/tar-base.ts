import { createHash } from 'node:crypto';
import { constants, createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { DomstartError, messageOf } from '../../model/errors.ts';
import { withTemporary } from '../../system/cache-entry.ts';
import { findExecutable } from '../../system/find-executable.ts';
import type { BaseRequest } from './base.ts';
import { digestOf } from './base-key.ts';
import { lastLines, roomError } from './faults.ts';
import { runGuarded } from './guarded.ts';
import type { PlainPlan } from './made-base.ts';
import { measureTar, type TarMeasure } from './measure-tar.ts';
import { quote } from './tool-request.ts';

/** A base that is what a tar has, uncompressed: see `obtainBase`. */
export async function tarPlan(request: BaseRequest, path: string): Promise<PlainPlan> {
  const { signal, onProgress } = request;
  const digest = await digestOfFile(path, request);
  return {
    key: digestOf('tar', digest),
    what: `the base ${path}`,
    make: async (folder) => {
      onProgress(`copies ${path}`);
      const tar = join(folder, 'root.tar');
      const copied = await naming(path, () => decompress(path, tar, signal));
      if (copied !== undefined && copied !== digest) throw changed(path);
      const { contentBytes, entries, newest } = await measured(tar, { path, signal });
      return { source: { kind: 'tar', path }, epoch: newest, contentBytes, entries };
    },
  };
}

/** What is no tar at all looks like one with a wrong beginning. */
async function measured(
  tar: string,
  { path, signal }: { readonly path: string; readonly signal: AbortSignal },
): Promise<TarMeasure> {
  try {
    return await measureTar(tar, { signal, name: path });
  } catch (error) {
    if (!(error instanceof DomstartError) || error.code !== 'archive-invalid') throw error;
    const hint = error.hint ?? 'it must be a tar, plain or packed by gzip, xz or zstd, and whole';
    throw new DomstartError('archive-invalid', error.message, { hint, cause: error });
  }
}

function changed(path: string): DomstartError {
  return new DomstartError('host-io', `${path} was changed while it was read`, {
    hint: 'give the command again when whoever writes it is done',
  });
}

/** What names a file as long as nobody writes to it: its place, size and times. */
async function stampOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true });
  if (!found.isFile()) {
    throw new DomstartError('file-missing', `cannot read ${path}: it is no file`, {
      hint: 'look at `image from tar`',
    });
  }
  const { dev, ino, size, mtimeNs, ctimeNs } = found;
  return JSON.stringify([path, ...[dev, ino, size, mtimeNs, ctimeNs].map(String)]);
}

/** The digest of what is in a file; it is remembered, so that a file is read once. */
async function digestOfFile(path: string, { cache, signal }: BaseRequest): Promise<string> {
  return naming(path, async () => {
    const stamp = await stampOf(path);
    const memo = join(cache, 'digests', digestOf('stamp', stamp));
    const known = await readFile(memo, 'utf8').catch(() => '');
    if (/^[0-9a-f]{64}$/.test(known)) return known;
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash, { signal });
    const digest = hash.digest('hex');
    if ((await stampOf(path)) !== stamp) throw changed(path);
    await remember(cache, memo, digest);
    return digest;
  });
}

async function remember(cache: string, memo: string, digest: string): Promise<void> {
  await mkdir(dirname(memo), { recursive: true });
  await withTemporary(cache, async (folder) => {
    await writeFile(join(folder, 'digest'), digest);
    await rename(join(folder, 'digest'), memo);
  });
}

/** Writes what is in `path`, uncompressed; returns the digest of `path` as it was then, where known. */
async function decompress(
  path: string,
  to: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const first = await firstBytes(path);
  if (isXz(first)) return decompressXz(path, to, signal);
  const make = isGzip(first) ? createGunzip : isZstd(first) ? createZstdDecompress : undefined;
  if (make === undefined) {
    await copyFile(path, to, constants.COPYFILE_FICLONE);
    return undefined;
  }
  const hash = createHash('sha256');
  const input = createReadStream(path);
  input.on('data', (data) => hash.update(data));
  try {
    await pipeline(input, make(), createWriteStream(to), { signal });
  } catch (error) {
    if (!/^(Z_|ZSTD_)/.test(codeOf(error))) throw error;
    throw damaged(path, messageOf(error), error);
  }
  return hash.digest('hex');
}

async function decompressXz(path: string, to: string, signal: AbortSignal): Promise<undefined> {
  if (findExecutable('xz') === undefined) {
    throw new DomstartError('host-incapable', `this host lacks xz, which decompresses ${path}`, {
      hint: '`apt-get install xz-utils`',
    });
  }
  const command = `exec xz -dc < ${quote(path)} > ${quote(to)}`;
  const result = await runGuarded(['sh', '-c', command], { signal });
  if (result.ok) return;
  throw (
    roomError(`decompress ${path}`, result.lines) ??
    damaged(path, lastLines(result.lines).trim(), undefined)
  );
}

function damaged(path: string, why: string, cause: unknown): DomstartError {
  return new DomstartError('archive-invalid', `${path} is damaged: ${why}`, { cause });
}

async function firstBytes(path: string): Promise<Buffer> {
  const chunks = createReadStream(path, { end: 5 });
  return Buffer.concat(await chunks.toArray());
}

const isGzip = (bytes: Buffer) => bytes[0] === 0x1f && bytes[1] === 0x8b;
const isXz = (bytes: Buffer) => bytes.toString('latin1') === '\xfd7zXZ\0';
const isZstd = (bytes: Buffer) => bytes.length >= 4 && bytes.readUInt32LE(0) === 0xfd2fb528;

/** An error of reading or writing, with the file that the user named. */
async function naming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    const { path: faulty } = error as NodeJS.ErrnoException;
    if (faulty !== path || !/^(ENOENT|EACCES|EPERM|ENOTDIR)$/.test(code)) throw error;
    throw new DomstartError('file-missing', `cannot read ${path}: ${messageOf(error)}`, {
      hint: 'look at `image from tar`',
      cause: error,
    });
  }
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException | undefined)?.code ?? '');
}
