import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DomstartError, messageOf } from '../../model/errors.ts';
import { publish, sweepTemporaries, withTemporary } from '../../system/cache-entry.ts';
import { cacheLimit } from './cache-limit.ts';
import {
  type CacheEntryName,
  entryFolder,
  lockFile,
  manifestFile,
  type StoredManifest,
  usedFile,
} from './kinds.ts';
import { takeLease } from './lease.ts';
import { readManifest } from './manifest.ts';

export interface ObtainRequest<T> extends CacheEntryName {
  /** The cache folder. */
  readonly cache: string;
  /** For people: `the base bookworm`. */
  readonly what: string;
  /** What the entry is made from and is no use without. */
  readonly from?: CacheEntryName;
  /** Writes the files of the entry into an empty folder; returns what its manifest says of them. */
  readonly make: (folder: string) => Promise<T>;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** An entry that nobody removes until this is disposed of. */
export interface Obtained<T> extends Disposable {
  readonly folder: string;
  readonly manifest: StoredManifest & T;
  /** False where this call has made it. */
  readonly cached: boolean;
}

/** How often those who wait for another's work look whether it is done. */
const LOOK_MS = 100;

/**
 * An entry of the cache, or made now by whoever comes first, in this process or another, while the
 * others wait. The kernel gives a maker's lock back when it dies, so that the next takes over; what
 * it made by then is in its temporary folder and never used. Throws what `make` throws, and
 * `cancelled`.
 */
export async function obtain<T extends object>(request: ObtainRequest<T>): Promise<Obtained<T>> {
  const { cache, signal } = request;
  const lease = await takeLease(cache, request);
  try {
    signal.throwIfAborted();
    return (await find<T>(request, lease)) ?? (await makeOrWait(request, lease));
  } catch (error) {
    lease[Symbol.dispose]();
    throw signal.aborted ? cancelled(request.what, error) : error;
  }
}

/** An entry that is there already; undefined where there is none. */
export async function findEntry<T extends object>(
  request: Pick<ObtainRequest<T>, 'cache' | 'kind' | 'key'>,
): Promise<Obtained<T> | undefined> {
  const lease = await takeLease(request.cache, request);
  const found = await find<T>(request, lease);
  if (found === undefined) lease[Symbol.dispose]();
  return found;
}

async function find<T>(
  request: Pick<ObtainRequest<T>, 'cache' | 'kind' | 'key'>,
  lease: Disposable,
): Promise<Obtained<T> | undefined> {
  const folder = entryFolder(request.cache, request);
  const manifest = await readManifest<T>(folder, request.kind);
  if (manifest === undefined) return undefined;
  await stampUsed(folder);
  return { folder, manifest, cached: true, [Symbol.dispose]: () => lease[Symbol.dispose]() };
}

async function stampUsed(folder: string): Promise<void> {
  const now = new Date();
  // A cache that cannot be written to can be used all the same.
  await utimes(usedFile(folder), now, now).catch(() => {});
}

async function makeOrWait<T extends object>(
  request: ObtainRequest<T>,
  lease: Disposable,
): Promise<Obtained<T>> {
  const { cache, what, signal, onProgress } = request;
  // Loaded here, because most of what is asked for is in the cache.
  const { takeFile } = await import('../../system/exclusive-file.ts');
  const path = lockFile(cache, request);
  await mkdir(dirname(path), { recursive: true });
  for (let told = false; ; told = true) {
    const lock = takeFile(path, { patience: 0 });
    if (lock !== undefined) {
      using _lock = lock;
      return (await find<T>(request, lease)) ?? (await make(request, lease));
    }
    if (!told) onProgress(`waits for another process that makes ${what}`);
    // Not at the same moments as others who wait: two who look at once see each other.
    await sleep(LOOK_MS * (0.5 + Math.random()), undefined, { signal });
    const found = await find<T>(request, lease);
    if (found !== undefined) return found;
  }
}

async function make<T extends object>(
  request: ObtainRequest<T>,
  lease: Disposable,
): Promise<Obtained<T>> {
  const { cache, kind, key, from } = request;
  // Before the work, because it may be malformed.
  const limit = cacheLimit();
  await sweepTemporaries(cache);
  const folder = entryFolder(cache, request);
  await withTemporary(cache, async (temporary) => {
    // Without a manifest it was damaged by hand: the new one could not take its place.
    if (existsSync(folder)) await rename(folder, join(temporary, 'damaged'));
    const made = join(temporary, 'made');
    await mkdir(made);
    const said = await request.make(made);
    const stored: StoredManifest = {
      ...{ kind, key, created: new Date().toISOString() },
      ...(from === undefined ? {} : { from: { kind: from.kind, key: from.key } }),
    };
    await writeFile(usedFile(made), '');
    await writeFile(
      manifestFile(made, kind),
      `${JSON.stringify({ ...said, ...stored }, null, 2)}\n`,
    );
    await flush(made);
    request.signal.throwIfAborted();
    await publish(made, folder);
  });
  const found = await find<T>(request, lease);
  if (found === undefined) throw new DomstartError('internal', `${folder} has no manifest`);
  await keepLimit(cache, limit);
  return { ...found, cached: false };
}

/** What is made must be of use although the room for it could not be made. */
async function keepLimit(cache: string, limit: number): Promise<void> {
  const { pruneCache } = await import('./prune-cache.ts');
  await pruneCache({ cache, limit }).catch(() => {});
}

/** After a crash of the machine, too, what has its final name must be whole. */
async function flush(folder: string): Promise<void> {
  for (const name of [...(await readdir(folder)), '.']) {
    const file = await open(join(folder, name));
    await file.sync().finally(() => file.close());
  }
}

function cancelled(what: string, cause: unknown): DomstartError {
  return new DomstartError('cancelled', `making ${what} was cancelled: ${messageOf(cause)}`, {
    cause,
  });
}
