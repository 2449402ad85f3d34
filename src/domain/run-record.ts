import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { BuiltImage } from '../ports/images.ts';
import type { RunContext } from '../ports/main-process.ts';
import type { LeftRun } from './adoptions.ts';

/** Lies in the folder of a run whose domain may outlive its daemon. */
export const RUN_RECORD = 'run.json';

/** What a later daemon needs to go on with a domain that the one before has left running. */
export interface RunRecord {
  readonly version: 2;
  /** The control socket of the daemon: another one lets it be. */
  readonly owner: string;
  readonly job: string;
  readonly instance: string;
  readonly environment: readonly (readonly [name: string, value: string])[];
  /** Marks what the guest's init says to us. */
  readonly token: string;
  /** Paths of what is in the folder are relative to it. */
  readonly image: KeptImage;
}

/** Not kept is its release of the cache: a domain that runs needs none. */
type KeptImage = Pick<
  BuiltImage,
  'kernel' | 'conservativeKernel' | 'initrd' | 'disks' | 'output' | 'description'
>;

export function writeRunRecord(folder: string, record: RunRecord): void {
  const fresh = join(folder, `${RUN_RECORD}.new`);
  writeFileSync(fresh, JSON.stringify(record), { mode: 0o600 });
  renameSync(fresh, join(folder, RUN_RECORD));
}

/** Undefined where there is none, or what there is is none of this version. */
export function readRunRecord(folder: string): RunRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(join(folder, RUN_RECORD), 'utf8')) as RunRecord;
    return record.version === 2 ? record : undefined;
  } catch {
    return undefined;
  }
}

/** From now on nobody goes on with it. */
export function removeRunRecord(folder: string): void {
  rmSync(join(folder, RUN_RECORD), { force: true });
}

/** Of a run whose image is made. */
export function recordOf(run: {
  readonly owner: string;
  readonly context: RunContext;
  readonly token: string;
  readonly image: BuiltImage;
  /** Of its folder. */
  readonly path: string;
}): RunRecord {
  const { owner, context, token, image, path } = run;
  const { job, instance, environment } = context;
  const { kernel, conservativeKernel, initrd, disks, output, description } = image;
  const kept = (file: string) => {
    const name = relative(path, file);
    return name.startsWith('..') ? file : name;
  };
  return {
    version: 2,
    ...{ owner, job: job.name, instance, token },
    environment: [...environment],
    image: {
      ...{ kernel, conservativeKernel, initrd: kept(initrd), description },
      ...(disks && { disks: disks.map((disk) => ({ ...disk, path: kept(disk.path) })) }),
      ...(output && { output: { ...output, path: kept(output.path) } }),
    },
  };
}

/** What the domain of a run was made of. */
export function imageOf({ folder, record: { image } }: LeftRun): BuiltImage {
  const { initrd, disks, output } = image;
  const at = (file: string) => resolve(folder.path, file);
  return {
    ...{ ...image, cached: true, initrd: at(initrd) },
    ...(disks && { disks: disks.map((disk) => ({ ...disk, path: at(disk.path) })) }),
    ...(output && { output: { ...output, path: at(output.path) } }),
  };
}
