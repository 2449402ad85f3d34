import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DomstartError, messageOf } from '../model/errors.ts';
import type { JobDefinition } from '../model/job.ts';
import type { RunningDomain } from '../ports/hypervisor.ts';
import type { LeftRun } from './adoptions.ts';
import { forgetHalfSaved, HALF_SAVED, noteHalfSaved } from './half-saved.ts';
import { createRunFolder, OWNER, RUN_PROCESSES, type RunFolder, XEN_CONFIG } from './run-folder.ts';
import { RUN_RECORD, type RunRecord, removeRunRecord } from './run-record.ts';

/** Says what a folder holds: a domain that was saved. */
const FILE = 'saved.json';
const MEMORY = 'memory';
const FILES = 'files';

/** What is made anew, or is of the run that was. */
const NOT_KEPT: ReadonlySet<string> = new Set([
  ...[XEN_CONFIG, RUN_PROCESSES, RUN_RECORD, OWNER, HALF_SAVED],
]);

const VERSION = 2;

interface SavedRecord {
  readonly version: typeof VERSION;
  readonly run: Omit<RunRecord, 'owner' | 'version'>;
  /** Of the memory: what was copied in part is found before Xen has to do with it. */
  readonly bytes: number;
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
  /** It is about to end: its job is to be stopped. */
  readonly onSaved: () => void;
}): Promise<void> {
  const { save, folder, into, job, record, onSaved } = options;
  if (existsSync(into)) {
    throw new DomstartError('host-io', `cannot save into ${into}: it is there already`, {
      hint: 'name a folder that is not there yet',
    });
  }
  const partial = `${into}.${randomBytes(4).toString('hex')}.partial`;
  try {
    await mkdir(dirname(into), { recursive: true });
    await noteHalfSaved(folder.path, partial);
    await mkdir(partial, { mode: 0o700 });
    await save(join(partial, MEMORY), async () => {
      await copyAll(folder.path, join(partial, FILES));
      const { size: bytes } = await stat(join(partial, MEMORY));
      const text = JSON.stringify(savedRecord({ job, record, bytes }));
      await writeFile(join(partial, FILE), text, { mode: 0o600, flush: true });
      await rename(partial, into);
      // It is to go on from there, and no more from here.
      removeRunRecord(folder.path);
      onSaved();
    });
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    await forgetHalfSaved(folder.path);
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
  readonly bytes: number;
}): SavedRecord {
  const { job, record, bytes } = of;
  const { owner: _, version: __, ...run } = record;
  return { version: VERSION, run, bytes, digest: digestOf(job) };
}

/** What a folder says it holds. Throws `file-missing`, `archive-invalid`, `not-supported`. */
export function readSaved(from: string): SavedRecord {
  const file = join(from, FILE);
  if (!existsSync(file)) {
    throw new DomstartError('file-missing', `${from} holds no saved domain`, {
      hint: 'name a folder that `domstart domain save NAME DIR` has made',
    });
  }
  const record = parse(file);
  if (typeof record.version === 'number' && record.version !== VERSION) {
    throw new DomstartError(
      'not-supported',
      `${from} was saved by another version of Domstart (${record.version})`,
      { hint: 'restore it with that version' },
    );
  }
  const memory = statSync(join(from, MEMORY), { throwIfNoEntry: false });
  if (!isWhole(record) || memory?.size !== record.bytes || !existsSync(join(from, FILES))) {
    throw damaged(from, 'a part of what was saved is missing');
  }
  return record;
}

function parse(file: string): Partial<SavedRecord> {
  try {
    return Object(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw damaged(file, messageOf(cause));
  }
}

function isWhole(record: Partial<SavedRecord>): record is SavedRecord {
  const { run, bytes, digest } = record;
  const texts = [run?.job, run?.instance, run?.token, run?.image?.initrd, digest];
  return (
    texts.every((text) => typeof text === 'string') &&
    Array.isArray(run?.environment) &&
    typeof bytes === 'number'
  );
}

function damaged(what: string, why: string): DomstartError {
  return new DomstartError('archive-invalid', `${what} is damaged: ${why}`, {
    hint: 'where it is a copy, copy it again; nothing else can be done with it',
  });
}

/** Refuses what the job would not make of it now. Throws `job-unknown`, `job-invalid`. */
export function refuseOther({ run, digest }: SavedRecord, job: JobDefinition | undefined): void {
  if (job === undefined) {
    throw new DomstartError('job-unknown', `Unknown job: ${run.job}, whose domain was saved`, {
      hint: 'put its file where the daemon looks for jobs',
    });
  }
  if (digestOf(job) === digest) return;
  throw new DomstartError(
    'job-invalid',
    `the job ${run.job} asks for another domain than when it was saved`,
    { hint: 'put the job file back as it was, and restore then' },
  );
}

/** Removes what was saved: from its first step on it is nothing that can be restored. */
export async function removeSaved(from: string): Promise<void> {
  await rm(join(from, FILE));
  await rm(from, { recursive: true });
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
    return { folder, record: { ...record.run, version: 2, owner }, memory: join(from, MEMORY) };
  } catch (error) {
    await folder.remove();
    throw new DomstartError('host-io', `cannot restore from ${from}: ${messageOf(error)}`, {
      hint: 'its disks are copied into the run folder (DOMSTART_RUN), which needs room for them',
      cause: error,
    });
  }
}

function digestOf({ domain, instance }: JobDefinition): string {
  return createHash('sha256')
    .update(JSON.stringify([domain, instance]))
    .digest('hex');
}

/** All that is in a folder; holes stay holes, and blocks are shared where that can be. */
async function copyAll(from: string, to: string): Promise<void> {
  const kept = (await readdir(from)).filter((name) => !NOT_KEPT.has(name));
  await mkdir(to, { recursive: true, mode: 0o700 });
  if (kept.length === 0) return;
  const words = ['-a', '--sparse=always', '--reflink=auto', '-t', to];
  await promisify(execFile)('cp', [...words, ...kept.map((name) => join(from, name))]);
}
