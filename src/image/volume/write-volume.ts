import { constants, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DomstartError } from '../../model/errors.ts';
import { copyPieces, readFully, writeFully } from './copy-pieces.ts';
import type { FillRequest } from './fill-volume.ts';
import { findSignature } from './find-signature.ts';
import { findVolume, type Volume } from './find-volume.ts';
import { runLvm } from './lvm.ts';
import {
  digestHead,
  HEAD_SIZE,
  holds,
  mayWrite,
  OVERWRITE,
  ownTags,
  stampOf,
  tagOf,
} from './stamp.ts';

export interface WrittenVolume {
  /** As it is now. */
  readonly volume: Volume;
  readonly written: boolean;
}

/**
 * Writes an image into a volume, for the one process that may do that at a time. Does nothing where
 * another one did meanwhile. Throws `host-io` where the volume holds something that is not ours or is
 * in use, `host-incapable`, `file-missing` or `cancelled`.
 *
 * First the tag says that it is being written, last the first block is, and when all of it is flushed
 * the tag says so. Whoever dies in between leaves a volume that is never used, and known to be ours.
 */
export async function writeVolume(
  name: string,
  { image, signal, onProgress }: FillRequest,
): Promise<WrittenVolume> {
  const volume = await findVolume(name, { signal });
  await using source = await open(image.disk);
  await using device = await openAlone(volume);
  const old = Buffer.alloc(HEAD_SIZE);
  await readFully(device, old, 0);
  if (holds(volume, image.key) && stampOf(volume.tags)?.head === digestHead(old)) {
    return { volume, written: false };
  }
  await refuseOthers(volume, old, signal);

  const head = Buffer.alloc(HEAD_SIZE);
  await readFully(source, head, 0);
  const stamp = { key: image.key, head: digestHead(head) };
  const kept = ownTags(volume.tags);
  const writing = [tagOf({ kind: 'writing', ...stamp })];
  await changeTags(name, { from: kept, to: [...writing, ...kept.filter(isOverwrite)] });
  if (await isInUse(volume)) {
    await changeTags(name, { from: writing, to: kept });
    throw inUse(name);
  }
  await writeFully(device, Buffer.alloc(HEAD_SIZE), 0);
  await device.sync();
  const ranges = { begin: HEAD_SIZE, end: volume.size, target: 'unknown' } as const;
  await copyPieces({
    ...{ from: source, to: device, ...ranges, signal },
    onPiece: percentages(volume, onProgress),
  });
  await device.sync();
  await writeFully(device, head, 0);
  await device.sync();
  const tags = [tagOf({ kind: 'whole', ...stamp })];
  await changeTags(name, { from: [...writing, OVERWRITE], to: tags });
  return { volume: { ...volume, tags }, written: true };
}

function isOverwrite(tag: string): boolean {
  return tag === OVERWRITE;
}

/** While we have it open so, nobody can mount it, and nobody else can open it so. */
async function openAlone({ name, path, attributes }: Volume): Promise<FileHandle> {
  if (attributes[1] === 'r') {
    throw new DomstartError('host-io', `the volume ${name} is read-only`, {
      hint: `\`lvchange --permission rw ${name}\``,
    });
  }
  try {
    return await open(path, constants.O_RDWR | constants.O_EXCL);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EBUSY') throw inUse(name);
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    const message = `no right to write to ${path}`;
    throw new DomstartError('host-io', message, { hint: 'LVM volumes take root', cause: error });
  }
}

async function refuseOthers(volume: Volume, head: Buffer, signal: AbortSignal): Promise<void> {
  const { name, path } = volume;
  const may = mayWrite(volume.tags, head);
  if (may === 'yes') return;
  if (may === 'changed') throw changed(name);
  const found = await findSignature(path, signal);
  if (may === 'empty' && found === undefined) return;
  const what = found ?? 'something that nobody here knows';
  throw new DomstartError('host-io', `the volume ${name} is not empty: it holds ${what}`, {
    hint: giveAway(name),
  });
}

export function changed(name: string): DomstartError {
  return new DomstartError(
    'host-io',
    `something has written to the volume ${name} since the image was written to it`,
    { hint: giveAway(name) },
  );
}

function giveAway(name: string): string {
  return `take another volume, or give away what is in it: \`lvchange --addtag ${OVERWRITE} ${name}\``;
}

function inUse(name: string): DomstartError {
  return new DomstartError('host-io', `the volume ${name} is in use, so it is not written over`, {
    hint: 'it is mounted, or the disk of a running guest: end that, or take another volume',
  });
}

const PATIENCE_MS = 1000;
const LOOK_MS = 100;

/** Whether anybody but us has it open. udev, which looks at what was written to, is soon gone. */
async function isInUse({ path }: Volume): Promise<boolean> {
  for (const end = performance.now() + PATIENCE_MS; ; ) {
    const args = ['info', '--columns', '--noheadings', '--options', 'open', path];
    const { ok, stdout, complaint } = await runLvm('dmsetup', args);
    if (!ok) throw new DomstartError('host-io', `cannot see who uses ${path}: ${complaint}`);
    if (Number(stdout.trim()) === 1) return false;
    if (performance.now() > end) return true;
    await sleep(LOOK_MS);
  }
}

/** In one step, as far as anybody sees. */
async function changeTags(
  name: string,
  { from, to }: { readonly from: readonly string[]; readonly to: readonly string[] },
): Promise<void> {
  const gone = from.filter((tag) => !to.includes(tag)).flatMap((tag) => ['--deltag', tag]);
  const added = to.filter((tag) => !from.includes(tag)).flatMap((tag) => ['--addtag', tag]);
  if (gone.length + added.length === 0) return;
  const { ok, complaint } = await runLvm('lvchange', [...gone, ...added, name]);
  if (!ok) throw new DomstartError('host-io', `cannot tag the volume ${name}: ${complaint}`);
}

function percentages({ name, size }: Volume, onProgress: (text: string) => void) {
  let last = -1;
  return (done: number) => {
    const percent = Math.floor((100 * done) / size);
    if (percent === last) return;
    last = percent;
    onProgress(`writing to the volume ${name}: ${percent} %`);
  };
}

/** Of what is open already. */
export function readHead(descriptor: number): Buffer {
  const head = Buffer.alloc(HEAD_SIZE);
  readSync(descriptor, head, 0, HEAD_SIZE, 0);
  return head;
}
