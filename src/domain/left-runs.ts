import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../ports/clock.ts';
import type { Adoptions, LeftRun } from './adoptions.ts';
import { removeHalfSaved } from './half-saved.ts';
import { claimRunFolder, deadRuns, killThoseThatName, runIdOf, XEN_CONFIG } from './run-folder.ts';
import { readRunRecord } from './run-record.ts';

export interface Heir {
  /** The control socket of a daemon. */
  readonly owner: string;
  readonly adoptions: Adoptions;
}

/**
 * Looks for runs of daemons that were killed whose domains go on, and gives the paths of those that
 * must not be removed. Those of `heir` become its own: what is left of the processes that watched them
 * is killed, and they are to be adopted.
 */
export async function keepLeftRuns(
  runDir: string,
  clock: Clock,
  heir: Heir | undefined,
): Promise<ReadonlySet<string>> {
  const recorded = deadRuns(runDir).flatMap((name) => {
    const path = join(runDir, name);
    const record = readRunRecord(path);
    return record === undefined ? [] : [{ path, record, id: runIdOf(path) }];
  });
  const kept = new Set<string>();
  if (recorded.length === 0) return kept;
  const { livingRuns } = await import('./xen/left-overs.ts');
  const ids = recorded.map(({ id }) => id);
  // Where Xen does not answer, nobody knows: the next start looks again.
  const living = await livingRuns(ids, clock).catch(() => new Set(ids));
  for (const { path, record, id } of recorded) {
    if (!living.has(id)) continue;
    if (record.owner !== heir?.owner) {
      kept.add(path);
      continue;
    }
    killThoseThatName([path]);
    await removeHalfSaved(path);
    heir.adoptions.add({ folder: await claimRunFolder(path), record });
  }
  return kept;
}

/** Ends one that nobody goes on with. Its folder stays where that fails: the next start looks again. */
export async function endLeftRun({ folder }: Pick<LeftRun, 'folder'>, clock: Clock): Promise<void> {
  if (existsSync(join(folder.path, XEN_CONFIG))) {
    const { destroyLeftDomains } = await import('./xen/left-overs.ts');
    await destroyLeftDomains([folder.id], clock);
  }
  await folder.remove();
}
