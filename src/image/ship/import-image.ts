import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { readTar } from '../../archive/read-tar.ts';
import { DomstartError, messageOf, toDomstartError } from '../../model/errors.ts';
import { withTemporary } from '../../system/cache-entry.ts';
import { obtain } from '../store/obtain.ts';
import { type ImportedManifest, readHead } from './read-head.ts';
import { takeDisk } from './take-disk.ts';

export interface ImportRequest {
  readonly cache: string;
  /** As `exportImage` has written it. */
  readonly file: string;
  /** For messages; default: the file. */
  readonly name?: string;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface ImportedImage {
  readonly key: string;
  /** Whether it was there already. The file was read to its end all the same. */
  readonly cached: boolean;
}

const DISK = 'disk.img';

/**
 * Takes an image that another host has exported into the cache. It is there when all of it was read
 * and its digest is right, and not before. The digest finds damage, not malice: an image is as
 * trustworthy as whoever gave it away, and a job that asks for what it claims to be boots it.
 *
 * Throws `archive-invalid` where the file is no such image, damaged, or says more than its disk can
 * hold; `file-missing`, `host-io` or `cancelled`.
 */
export async function importImage(request: ImportRequest): Promise<ImportedImage> {
  const { cache, file, name = file, signal, onProgress } = request;
  const { key, manifest } = await reading(request, (tar) => readHead(tar));
  using image = await obtain<ImportedManifest>({
    ...{ cache, kind: 'images', key, signal, onProgress },
    what: `the image in ${name}`,
    async make(folder) {
      onProgress(`unpacking ${name}`);
      await reading(request, (tar) => takeDisk(tar, { to: join(folder, DISK), manifest }));
      return { ...manifest, imported: true };
    },
  });
  if (image.cached) {
    onProgress(`reading ${name}`);
    await reading(request, (tar) => takeDisk(tar, { manifest }));
  }
  return { key: image.manifest.key, cached: image.cached };
}

/** The same of what comes once only: it is kept beside until it is all there. */
export function importStream({
  from,
  ...request
}: Omit<ImportRequest, 'file' | 'name'> & { readonly from: Readable }): Promise<ImportedImage> {
  const { cache, signal, onProgress } = request;
  return withTemporary(cache, async (folder) => {
    const [file, name] = [join(folder, 'image'), 'standard input'];
    onProgress('reading standard input');
    try {
      await pipeline(from, createWriteStream(file), { signal });
    } catch (error) {
      throw located(error, { name, signal });
    }
    return importImage({ ...request, file, name });
  });
}

/** Unpacks the file and hands its entries over, as far as they are asked for. */
async function reading<T>(
  { file, name = file, signal }: ImportRequest,
  use: (tar: ReturnType<typeof readTar>) => Promise<T>,
): Promise<T> {
  let result: { readonly value: T } | undefined;
  try {
    await pipeline(
      createReadStream(file),
      createZstdDecompress(),
      async (bytes: AsyncIterable<Uint8Array>) => {
        result = { value: await use(readTar(bytes, { signal })) };
      },
      { signal },
    );
  } catch (error) {
    if (result === undefined) throw located(error, { name, signal });
  }
  return (result as { readonly value: T }).value;
}

function located(
  error: unknown,
  { name, signal }: { readonly name: string; readonly signal: AbortSignal },
): DomstartError {
  const cause = { cause: error };
  if (signal.aborted) return new DomstartError('cancelled', 'the import was given up', cause);
  const { code = '' } = error as NodeJS.ErrnoException;
  if (error instanceof DomstartError) {
    if (error.code !== 'archive-invalid') return error;
    const message = `cannot import ${name}: ${error.message}`;
    return new DomstartError('archive-invalid', message, { hint: error.hint ?? HINT, ...cause });
  }
  if (/^ZSTD_|^Z_/.test(code)) {
    const message = `cannot import ${name}: it is damaged, or no exported image`;
    return new DomstartError('archive-invalid', `${message} (${messageOf(error)})`, {
      hint: HINT,
      ...cause,
    });
  }
  if (code === 'EISDIR') {
    return new DomstartError('file-missing', `cannot import ${name}: it is a folder`, cause);
  }
  if (code === 'ENOENT') {
    return new DomstartError('file-missing', `no such file: ${name}`, cause);
  }
  return toDomstartError(error, 'host-io');
}

const HINT = 'export it again with `domstart image export`, and copy it whole';
