import { basename, dirname, join } from 'node:path';
import { DomstartError } from '../../model/errors.ts';
import { isOwnerGone, ownerName } from '../../system/owner-name.ts';
import { findVolume, findWithTagged, readVolume, type Volume } from './find-volume.ts';
import { runLvm } from './lvm.ts';

const TAG = 'domstart-snapshot';
const PREFIX = 'domstart-';

interface Signalled {
  readonly signal: AbortSignal;
}

/**
 * Does `use` with a snapshot of a volume, whoever writes to the volume meanwhile, and removes it on any
 * way out. Its name says which process made it, so that the next one removes it where that was killed.
 * Throws `host-io` where there is no room for it, or where more was written than there was room for.
 */
export async function withSnapshot<T>(
  name: string,
  { signal }: Signalled,
  use: (snapshot: { readonly path: string; readonly size: number }) => Promise<T>,
): Promise<T> {
  const origin = await findAndSweep(name, { signal });
  const snapshot = `${origin.group}/${PREFIX}${ownerName()}`;
  let result: T;
  try {
    await create(origin, snapshot, signal);
    const path = join(dirname(origin.path), basename(snapshot));
    result = await use({ path, size: origin.size }).catch(async (error) => {
      // Reading one that is full fails, and says nothing of that.
      throw (await isFull(snapshot)) ? ranOver(origin, error) : error;
    });
    if (await isFull(snapshot)) throw ranOver(origin);
  } catch (error) {
    // What went wrong before is what is told.
    await remove(snapshot).catch(() => {});
    throw error;
  }
  await remove(snapshot);
  return result;
}

/** The volume of that name, when the snapshots of processes that are gone are removed. */
export async function findAndSweep(name: string, { signal }: Signalled): Promise<Volume> {
  const { volume, tagged } = await findWithTagged(name, { tag: TAG, signal });
  const gone = tagged.filter(({ path, name: own, attributes }) => {
    const owner = own.split(`/${PREFIX}`)[1];
    return owner !== undefined && /^[sSV]/.test(attributes) && isOwnerGone(path, owner);
  });
  for (const snapshot of gone) await remove(snapshot.name).catch(() => {});
  // What they took is free again.
  return gone.length === 0 ? volume : await findVolume(name, { signal });
}

async function create(origin: Volume, snapshot: string, signal: AbortSignal): Promise<void> {
  const args = ['--snapshot', '--name', basename(snapshot), '--addtag', TAG];
  const room = isThin(origin)
    ? ['--setactivationskip', 'n']
    : ['--permission', 'r', '--extents', String(extentsFor(origin))];
  const { ok, complaint } = await runLvm('lvcreate', [...args, ...room, origin.name], { signal });
  if (ok) return;
  if (/insufficient free space/i.test(complaint)) throw noRoom(origin);
  throw new DomstartError('host-io', `cannot make a snapshot of ${origin.name}: ${complaint}`);
}

function isThin({ attributes }: Volume): boolean {
  return attributes.startsWith('V');
}

/** Room for all of it to be written anew, or whatever there is. */
function extentsFor(origin: Volume): number {
  const { size, free, extent } = origin;
  // The tables of what was copied take a hundredth at most.
  const all = Math.ceil((size * 1.02) / extent) + 1;
  const there = Math.floor(free / extent);
  if (there === 0) throw noRoom(origin);
  return Math.min(all, there);
}

function noRoom({ name, group, free }: Volume): DomstartError {
  const message = `no room for a snapshot of ${name}: the volume group ${group} has ${mebibytes(free)} free`;
  return new DomstartError('host-io', message, {
    hint: `give it more, as much as is written while the volume is copied: \`vgextend ${group} DEVICE\``,
  });
}

/** Then all that is in it is void. */
async function isFull(snapshot: string): Promise<boolean> {
  const { attributes } = await readVolume(snapshot);
  return attributes[4] === 'I';
}

function ranOver({ name, group }: Volume, cause?: unknown): DomstartError {
  const message = `more was written to ${name} while it was copied than ${group} has room for`;
  const hint = `give the group more room (\`vgextend ${group} DEVICE\`), or copy when less is written`;
  return new DomstartError('host-io', message, { hint, cause });
}

async function remove(snapshot: string): Promise<void> {
  const { ok, complaint } = await runLvm('lvremove', ['--yes', snapshot]);
  if (ok || /Failed to find logical volume/.test(complaint)) return;
  throw new DomstartError('host-io', `cannot remove the snapshot ${snapshot}: ${complaint}`, {
    hint: `\`lvremove ${snapshot}\``,
  });
}

function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / 2 ** 20)} MiB`;
}
