import { DomstartError } from '../../model/errors.ts';
import { type JobFolder, type JobStore, type KnownFile, nameIn } from './job-store.ts';
import { listFiles } from './list-files.ts';
import { type Identity, identityOf, inodeOf, statIfThere } from './read-file.ts';
import { isWhole } from './settling.ts';
import type { WalkedFile } from './walk-folder.ts';

/** How a folder differs from the last look. */
export interface Changes {
  readonly gone: ReadonlySet<string>;
  /** New and changed files, in the order of Upstart. */
  readonly changed: ReadonlyMap<string, KnownFile>;
  /** Of both those that somebody may be about to write or to put back. */
  readonly moving: ReadonlyMap<string, Identity>;
}

export interface FindOptions {
  /** Milliseconds since 1970, as files have them. */
  readonly time: () => number;
  readonly breathe: () => Promise<void> | undefined;
}

/** Compares what is there with what is known. */
export async function findChanges(
  store: JobStore,
  folder: JobFolder,
  { time, breathe }: FindOptions,
): Promise<Changes> {
  const { files, missing } = listFiles(store, folder);
  const gone = new Set(missing);
  const changed = new Map<string, KnownFile>();
  const moving = new Map<string, Identity>();
  for (const walked of files) {
    const pause = breathe();
    if (pause !== undefined) await pause;
    const { file, link } = walked;
    const known = folder.files.get(file);
    if (link && known?.link !== true) {
      tellLink(store, folder, walked);
      continue;
    }
    const stats = statIfThere(nameIn(folder, file).path);
    const identity = identityOf(stats);
    if (identity === known?.identity) continue;
    if (stats === undefined && !link) {
      if (known !== undefined) gone.add(file);
      continue;
    }
    changed.set(file, { identity, link });
    if (stats !== undefined && !isWhole(stats, time())) moving.set(file, identity);
  }
  const inodes = new Set(Array.from(changed.values(), ({ identity }) => inodeOf(identity)));
  for (const file of gone) {
    const known = folder.files.get(file);
    if (known === undefined || !inodes.has(inodeOf(known.identity))) moving.set(file, 'gone');
  }
  return { gone, changed, moving };
}

/** Upstart sees it in a full walk only (UPSTART.md, section 2). */
function tellLink({ problems }: JobStore, folder: JobFolder, { file }: WalkedFile): void {
  const { path } = nameIn(folder, file);
  const message = `not read yet: ${path} is a symbolic link that has come while the folder is watched`;
  problems.found(
    path,
    new DomstartError('job-file-missing', message, { hint: 'reload the configuration' }),
  );
}
