import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { DomainSpec } from '../model/domain.ts';
import { DomstartError, messageOf } from '../model/errors.ts';
import type { JobDefinition } from '../model/job.ts';
import type { RunningDomain } from '../ports/hypervisor.ts';
import type { BuiltImage, GuestDisk } from '../ports/images.ts';
import type { LeftRun } from './adoptions.ts';
import { createRunFolder, type RunFolder, XEN_CONFIG } from './run-folder.ts';
import { type RunRecord, writeRunRecord } from './run-record.ts';

/** Says what a folder holds: a domain that was saved. */
const FILE = 'saved.json';
const MEMORY = 'memory';
const FILES = 'files';

/** What is made anew, or is of the run that was. */
const NOT_KEPT: ReadonlySet<string> = new Set([XEN_CONFIG, 'run.json', 'owner', MEMORY]);

interface SavedRecord {
  readonly version: 1;
  readonly run: Omit<RunRecord, 'owner' | 'version'>;
  readonly image: Pick<BuiltImage, 'kernel' | 'conservativeKernel' | 'initrd'> & {
    readonly disks?: readonly GuestDisk[];
  };
  /** Of the domain that the job asks for: another one would be restored to what it is not. */
  readonly digest: string;
}

/** Saves a domain with all that its run has into a folder, which appears whole. Throws where it goes on. */
export async function saveRun(options: {
  readonly save: Required<RunningDomain>['save'];
  readonly folder: RunFolder;
  readonly into: string;
  readonly job: JobDefinition;
  readonly record: RunRecord;
  readonly image: BuiltImage;
  /** It is about to end: its job is to be stopped. */
  readonly onSaved: () => void;
}): Promise<void> {
  const { save, folder, into, job, record, image, onSaved } = options;
  if (existsSync(into)) {
    throw new DomstartError('host-io', `cannot save into ${into}: it is there already`, {
      hint: 'name a folder that is not there yet',
    });
  }
  const partial = `${into}.${randomBytes(4).toString('hex')}.partial`;
  try {
    await mkdir(dirname(into), { recursive: true });
    await mkdir(partial, { mode: 0o700 });
    await save(join(partial, MEMORY), async () => {
      await copyAll(folder.path, join(partial, FILES));
      const text = JSON.stringify(savedRecord({ job, record, image, path: folder.path }));
      await writeFile(join(partial, FILE), text, { mode: 0o600, flush: true });
      await rename(partial, into);
      onSaved();
    });
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (error instanceof DomstartError) throw error;
    throw new DomstartError('host-io', `cannot save into ${into}: ${messageOf(error)}`, {
      hint: 'it takes as much room as the domain has memory and disks; the domain goes on',
      cause: error,
    });
  }
}

function savedRecord(of: {
  readonly job: JobDefinition;
  readonly record: RunRecord;
  readonly image: BuiltImage;
  readonly path: string;
}): SavedRecord {
  const { job, record, image, path } = of;
  const { owner: _, version: __, ...run } = record;
  const { kernel, conservativeKernel, initrd, disks } = image;
  const inFolder = (file: string) => relative(path, file);
  return {
    ...{ version: 1, run, digest: digestOf(job.domain) },
    image: {
      ...{ kernel, conservativeKernel, initrd: inFolder(initrd) },
      ...(disks && { disks: disks.map((disk) => ({ ...disk, path: inFolder(disk.path) })) }),
    },
  };
}

/** What a folder says it holds. Throws `file-missing`, `archive-invalid`, `not-supported`. */
export function readSaved(from: string): SavedRecord {
  const file = join(from, FILE);
  if (!existsSync(file)) {
    throw new DomstartError('file-missing', `${from} holds no saved domain`, {
      hint: 'name a folder that `domstart domain save NAME DIR` has made',
    });
  }
  let record: SavedRecord;
  try {
    record = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new DomstartError('archive-invalid', `${file} is damaged: ${messageOf(cause)}`, {
      cause,
    });
  }
  if (record.version === 1) return record;
  throw new DomstartError(
    'not-supported',
    `${from} was saved by another version of Domstart (${record.version})`,
    { hint: 'restore it with that version' },
  );
}

/** Refuses what the job would not make of it now. Throws `job-unknown`, `job-invalid`. */
export function refuseOther({ run, digest }: SavedRecord, job: JobDefinition | undefined): void {
  if (job === undefined) {
    throw new DomstartError('job-unknown', `Unknown job: ${run.job}, whose domain was saved`, {
      hint: 'put its file where the daemon looks for jobs',
    });
  }
  if (digestOf(job.domain) === digest) return;
  throw new DomstartError(
    'job-invalid',
    `the job ${run.job} asks for another domain than when it was saved`,
    { hint: 'put the job file back as it was, and restore then' },
  );
}

/** Gives a saved domain a run of its own; what was saved stays as it is. Throws `host-io`. */
export async function takeSaved(
  from: string,
  options: { readonly record: SavedRecord; readonly runDir: string; readonly owner: string },
): Promise<LeftRun> {
  const { record, runDir, owner } = options;
  const { job, instance } = record.run;
  const folder = await createRunFolder({ runDir, job, instance });
  try {
    await copyAll(join(from, FILES), folder.path);
    await copyAll(join(from, MEMORY), join(folder.path, MEMORY));
    const run = { ...record.run, version: 1, owner } as const;
    writeRunRecord(folder.path, run);
    const at = (file: string) => join(folder.path, file);
    const { initrd, disks, ...kernels } = record.image;
    const { description, output } = record.run;
    const image = {
      ...{ ...kernels, initrd: at(initrd), cached: true, description },
      ...(disks && { disks: disks.map((disk) => ({ ...disk, path: at(disk.path) })) }),
      ...(output && { output: { ...output, path: at(output.path) } }),
    };
    return { folder, record: run, saved: { memory: at(MEMORY), image } };
  } catch (error) {
    await folder.remove();
    throw new DomstartError('host-io', `cannot restore from ${from}: ${messageOf(error)}`, {
      hint: 'it takes as much room as it has in that folder, in the run folder (DOMSTART_RUN)',
      cause: error,
    });
  }
}

function digestOf(domain: DomainSpec | undefined): string {
  return createHash('sha256').update(JSON.stringify(domain)).digest('hex');
}

/** A file, or what is in a folder; holes stay holes, and blocks are shared where that can be. */
async function copyAll(from: string, to: string): Promise<void> {
  const words = ['-a', '--sparse=always', '--reflink=auto'];
  const run = promisify(execFile);
  const names = await readdir(from).catch(() => undefined);
  if (names === undefined) {
    await run('cp', [...words, '-T', from, to]);
    return;
  }
  await mkdir(to, { recursive: true, mode: 0o700 });
  const kept = names.filter((name) => !NOT_KEPT.has(name)).map((name) => join(from, name));
  if (kept.length > 0) await run('cp', [...words, '-t', to, ...kept]);
}
