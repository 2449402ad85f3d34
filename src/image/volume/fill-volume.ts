import { closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeFile } from '../../system/exclusive-file.ts';
import { findVolume, type Volume } from './find-volume.ts';
import { digestHead, holds, stampOf } from './stamp.ts';
import { changed, readHead, writeVolume } from './write-volume.ts';

export interface FillRequest {
  /** As it was a moment ago. */
  readonly volume: Volume;
  readonly image: { readonly key: string; readonly disk: string };
  readonly cache: string;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** A volume that holds an image, and that nobody writes over until this is released. */
export interface FilledVolume {
  /** False where it held the image already. */
  readonly written: boolean;
  /** May be called more than once. */
  release(): void;
}

/** How often those who wait for another's work look whether it is done. */
const LOOK_MS = 200;

/**
 * Makes a volume hold an image: where its tag says that it does, and nothing has written to it since,
 * there is nothing to do. Throws what `writeVolume` throws.
 *
 * Who uses a volume has it open, and looks at its tag when it has; who is about to write changes the tag
 * and then looks who has it open. So at least one of the two sees the other.
 */
export async function fillVolume(request: FillRequest): Promise<FilledVolume> {
  const { cache, image, signal, onProgress } = request;
  const { name } = request.volume;
  const locks = join(cache, 'locks');
  let { volume } = request;
  let written = false;
  for (let told = false; ; told = true) {
    const release = holds(volume, image.key) ? await hold(volume, request) : undefined;
    if (release !== undefined) return { release, written };
    await mkdir(locks, { recursive: true });
    const lock = takeFile(join(locks, `volume-${name.replace('/', '.')}`), { patience: 0 });
    if (lock !== undefined) {
      using _lock = lock;
      ({ volume, written } = await writeVolume(name, request));
      continue;
    }
    if (!told) onProgress(`waits for another process that writes to the volume ${name}`);
    await sleep(LOOK_MS * (0.5 + Math.random()), undefined, { signal });
    volume = await findVolume(name, { signal });
  }
}

/** Has it open; undefined where it is another's now. */
async function hold(
  { name, path }: Volume,
  { image, signal }: FillRequest,
): Promise<(() => void) | undefined> {
  let descriptor: number | undefined = openSync(path, 'r');
  const release = () => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };
  try {
    const { tags } = await findVolume(name, { signal });
    if (holds({ tags }, image.key)) {
      if (digestHead(readHead(descriptor)) !== stampOf(tags)?.head) throw changed(name);
      return release;
    }
  } catch (error) {
    release();
    throw error;
  }
  release();
  return undefined;
}
