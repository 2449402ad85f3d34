import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DomstartError, messageOf } from '../model/errors.ts';
import { argumentsOf, hasVariable, pidNamespace, startTimeOf } from '../system/proc.ts';
import { removeHalfSaved } from './half-saved.ts';

/** What one run has on disk: QEMU's pid, the image's own part. */
export interface RunFolder {
  /** Names everything that the run has on this host. */
  readonly id: string;
  readonly path: string;
  /** Idempotent. */
  remove(): Promise<void>;
}

/**
 * Makes the folder of one run in `runDir`, for our eyes only. Its name holds the owner: pid, start
 * time and pid namespace of this process. So there is no moment at which a folder exists and
 * nobody can tell whose it is.
 */
export async function createRunFolder(options: {
  readonly runDir: string;
  readonly job: string;
  readonly instance: string;
}): Promise<RunFolder> {
  const { runDir, job, instance } = options;
  const id = [job, instance, randomBytes(4).toString('hex')]
    .map(sanitise)
    .filter(Boolean)
    .join('-');
  const path = join(runDir, `${id}.${ourselves()}`);
  try {
    await mkdir(runDir, { recursive: true, mode: 0o700 });
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    throw new DomstartError('host-io', `cannot make the run folder ${path}: ${messageOf(error)}`, {
      hint: 'set DOMSTART_RUN to a folder that you may write to and that has space',
      cause: error,
    });
  }
  return folderAt(id, path);
}

/**
 * Our own from now on. It keeps its name, as Xen lets go of a disk only where the path of that still
 * leads to it. Throws `host-io`.
 */
export async function claimRunFolder(path: string): Promise<RunFolder> {
  const fresh = join(path, `${OWNER}.new`);
  try {
    await writeFile(fresh, ourselves());
    await rename(fresh, join(path, OWNER));
  } catch (error) {
    throw new DomstartError('host-io', `cannot take over ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return folderAt(runIdOf(path), path);
}

/** In a folder that was taken over: whose it is now, as the name says of whoever made it. */
export const OWNER = 'owner';

/** Of the name of its folder, or the path. */
export function runIdOf(path: string): string {
  const name = basename(path);
  return name.slice(0, name.indexOf('.'));
}

function folderAt(id: string, path: string): RunFolder {
  return { id, path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}

function ourselves(): string {
  return [process.pid, startTimeOf(process.pid), pidNamespace()].join('.');
}

/** In the environment of what lives as long as a domain of Xen: the folder of its run. */
export const RUN_MARK = 'DOMSTART_RUN_FOLDER';

/** Lies in the folder of a run that may have a domain of Xen, before it has one. */
export const XEN_CONFIG = 'xl.cfg';

/** Lies in the folder of a run that has processes of this host: the list of them. */
export const RUN_PROCESSES = 'processes';

/**
 * Removes what dead owners left in `runDir`: the processes of their jobs and domains are killed, their
 * domains in Xen destroyed with `destroyDomains`, which is given the ids of the runs, their folders
 * removed.
 * Folders of living owners, of other pid namespaces, and whatever else lies there is not touched.
 * Returns how many folders went; that of a domain which could not be destroyed stays, and so does all
 * of one whose path `isKept` knows.
 */
export async function sweepRuns(
  runDir: string,
  destroyDomains: (ids: readonly string[]) => Promise<void>,
  isKept: (path: string) => boolean = () => false,
): Promise<number> {
  const dead = deadRuns(runDir).filter((name) => !isKept(join(runDir, name)));
  if (dead.length === 0) return 0;
  const paths = dead.map((name) => join(runDir, name));
  killThoseThatName(paths);
  await Promise.all(paths.map(removeHalfSaved));
  await endListed(dead.map((name) => join(runDir, name, RUN_PROCESSES)));
  const removed = await withoutDomains(runDir, dead, destroyDomains);
  await Promise.all(
    removed.map((name) => rm(join(runDir, name), { recursive: true, force: true, maxRetries: 3 })),
  );
  return removed.length;
}

/** The names of the folders in `runDir` whose owners are gone. */
export function deadRuns(runDir: string): readonly string[] {
  const namespace = pidNamespace();
  return entriesOf(runDir).filter((name) => {
    const [, ...maker] = name.split('.');
    if (!isDead(maker)) return false;
    const owner = takenOverBy(join(runDir, name));
    return owner === undefined || isDead(owner);
  });

  function isDead([pid, startTime, where, ...rest]: readonly string[]): boolean {
    if (where !== namespace || rest.length > 0 || !/^\d+$/.test(pid ?? '')) return false;
    return startTimeOf(Number(pid)) !== startTime;
  }
}

function takenOverBy(folder: string): readonly string[] | undefined {
  try {
    return readFileSync(join(folder, OWNER), 'utf8').split('.');
  } catch {
    return undefined;
  }
}

async function endListed(lists: readonly string[]): Promise<void> {
  const there = lists.filter((list) => existsSync(list));
  if (there.length === 0) return;
  const { endLeftOvers } = await import('../system/left-overs.ts');
  await Promise.all(there.map(endLeftOvers));
}

async function withoutDomains(
  runDir: string,
  dead: readonly string[],
  destroyDomains: (ids: readonly string[]) => Promise<void>,
): Promise<readonly string[]> {
  const inXen = dead.filter((name) => existsSync(join(runDir, name, XEN_CONFIG)));
  if (inXen.length === 0) return dead;
  try {
    await destroyDomains(inXen.map(runIdOf));
    return dead;
  } catch {
    // The next start looks again.
    return dead.filter((name) => !inXen.includes(name));
  }
}

/** The path of a run's folder is in the arguments of its processes, or marks their environment. */
export function killThoseThatName(paths: readonly string[]): void {
  for (const pid of entriesOf('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    const startTime = startTimeOf(pid);
    const names = argumentsOf(pid).some((text) => paths.some((path) => text.includes(`${path}/`)));
    const isMarked = () => paths.some((path) => hasVariable(pid, `${RUN_MARK}=${path}`));
    if (!(names || isMarked()) || pid === process.pid || startTimeOf(pid) !== startTime) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It went by itself, or belongs to somebody else: then the folder does too.
    }
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Job and instance names may hold anything; names on the host hold letters, digits, `-`, `_`. */
export function sanitise(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, 40);
}
