import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { BuiltImage, OutputDisk } from '../ports/images.ts';
import type { RunContext } from '../ports/main-process.ts';
import type { LeftRun } from './adoptions.ts';

/** Lies in the folder of a run whose domain may outlive its daemon. */
export const RUN_RECORD = 'run.json';

/** What a later daemon needs to go on with a domain that the one before has left running. */
export interface RunRecord {
  readonly version: 1;
  /** The control socket of the daemon: another one lets it be. */
  readonly owner: string;
  readonly job: string;
  readonly instance: string;
  readonly environment: readonly (readonly [name: string, value: string])[];
  /** Marks what the guest's init says to us. */
  readonly token: string;
  /** Of the image, for people. */
  readonly description: string;
  /** Its path is relative to the folder. */
  readonly output?: OutputDisk;
}

export function writeRunRecord(folder: string, record: RunRecord): void {
  const fresh = join(folder, `${RUN_RECORD}.new`);
  writeFileSync(fresh, JSON.stringify(record), { mode: 0o600 });
  renameSync(fresh, join(folder, RUN_RECORD));
}

/** Undefined where there is none, or what there is is none of this version. */
export function readRunRecord(folder: string): RunRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(join(folder, RUN_RECORD), 'utf8')) as RunRecord;
    return record.version === 1 ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Of a run whose image is made. Its release of the cache is not kept: a domain that runs needs none. */
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
  const { description, output } = image;
  return {
    version: 1,
    ...{ owner, job: job.name, instance, token, description },
    environment: [...environment],
    ...(output && { output: { ...output, path: relative(path, output.path) } }),
  };
}

/** What is still needed of the image of a domain that runs. */
export function imageOf({ folder, record, saved }: LeftRun): BuiltImage {
  if (saved !== undefined) return saved.image;
  const { description, output } = record;
  return {
    ...{ kernel: '', conservativeKernel: '', initrd: '', cached: true, description },
    ...(output && { output: { ...output, path: join(folder.path, output.path) } }),
  };
}
