import { unreadable } from '../../embed/find-job-files.ts';
import { decodeJob, type JobFile } from '../../embed/read-jobs.ts';
import type { DomstartError } from '../../model/errors.ts';
import type { JobDefinition } from '../../model/job.ts';
import type { Effect, FileName } from './change.ts';
import {
  type JobFolder,
  type JobStore,
  jobFileOf,
  type KnownFile,
  nameIn,
  overrideOf,
} from './job-store.ts';
import { identityOf, readBytes, statIfThere } from './read-file.ts';

/** Of a file of which nothing is known: it differs from whatever there is. */
const UNKNOWN = '';

interface ReadJobOptions {
  readonly job: string;
  /** Where a file is written to while it is read: take it as it is, or leave everything as it was. */
  readonly restless: 'taken' | 'left';
}

/**
 * Reads a job of the folder `at` with its override, tells what it found, and gives the job its name.
 * `again`: a file was written to meanwhile, or is gone, and a rescan is due, which will find it changed.
 */
export function readJob(
  store: JobStore,
  at: number,
  { job, restless }: ReadJobOptions,
): { readonly again: boolean } {
  const folder = store.folders[at] as JobFolder;
  const over = overrideOf(store, job, at);
  const own = look(folder, jobFileOf(folder, job));
  const top = over && look(over.folder, over.file);
  const again = own.kind === 'gone' || own.again || top?.kind === 'gone' || top?.again === true;
  if (own.kind === 'gone' || (again && restless === 'left')) {
    folder.files.set(own.file, { ...own.known, identity: UNKNOWN });
    return { again: true };
  }
  for (const [one, where] of [
    [own, folder],
    [top, over?.folder],
  ] as const) {
    if (one === undefined || one.kind === 'gone') continue;
    where?.files.set(one.file, one.known);
    if (one.kind === 'failed') store.problems.found(one.path, one.error);
    else store.problems.solved(one.path);
  }
  if (own.kind === 'failed') lose(store, at, job);
  else apply(store, at, { job, own, ...(top?.kind === 'read' ? { top } : {}) });
  return { again };
}

type Look = FileName & { readonly known: KnownFile } & (
    | { readonly kind: 'read'; readonly bytes: Buffer; readonly again: boolean }
    | { readonly kind: 'failed'; readonly error: DomstartError; readonly again: boolean }
    | { readonly kind: 'gone' }
  );
type LookOf<Kind extends Look['kind']> = Extract<Look, { kind: Kind }>;

/** The host's own want, which says nothing about the file. */
const PASSING = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EINTR']);

const LEADS_NOWHERE = new Error('it is a symbolic link that leads nowhere');

function look(folder: JobFolder, file: string): Look {
  const name = nameIn(folder, file);
  const link = folder.files.get(file)?.link === true;
  try {
    const { bytes, identity, restless } = readBytes(name.path, { link });
    return { ...name, kind: 'read', bytes, again: restless, known: { identity, link } };
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code ?? '';
    if (code === 'ENOENT' && !link) {
      return { ...name, kind: 'gone', known: { identity: UNKNOWN, link } };
    }
    const again = PASSING.has(code);
    const identity = again ? UNKNOWN : identityOf(statIfThere(name.path));
    const error = unreadable(name.path, code === 'ENOENT' ? LEADS_NOWHERE : thrown);
    return { ...name, kind: 'failed', error, again, known: { identity, link } };
  }
}

interface Read {
  readonly job: string;
  readonly own: LookOf<'read'>;
  readonly top?: LookOf<'read'>;
}

function apply(store: JobStore, at: number, { job, own, top }: Read): void {
  const { tell, names } = store;
  const { dialect } = store.folders[at] as JobFolder;
  const { bytes, file, path } = own;
  const override = top && { file: top.path, bytes: top.bytes };
  const read = decodeJob(bytes, {
    file: path,
    dialect,
    name: job,
    ...(override === undefined ? {} : { override }),
  });
  tell({ kind: 'load', job, file, path });
  const effect = read.job === undefined ? lose(store, at, job) : 'defined';
  const tellWhatIsWrong = (
    name: FileName,
    { diagnostics, text }: Pick<JobFile, 'diagnostics' | 'text'>,
  ) => {
    if (diagnostics.length > 0)
      tell({ kind: 'diagnostics', job, ...name, diagnostics, text, effect });
  };
  tellWhatIsWrong({ file, path }, read);
  if (top !== undefined && read.override !== undefined) {
    const name = { file: top.file, path: top.path };
    tell({ kind: 'override', job, ...name });
    tellWhatIsWrong(name, read.override);
  }
  if (read.job !== undefined) names.put(at, detach(read.job));
}

/** What a broken file does to its job. Upstart 0.3 always keeps what it had. */
function lose({ names, folders, onBroken }: JobStore, at: number, job: string): Effect {
  const keeps = onBroken === 'keep' || folders[at]?.dialect === 'event.d';
  if (keeps && names.has(at, job)) return 'kept';
  names.remove(at, job, 'broken');
  return 'none';
}

/** A job whose strings are its own: a part of a text keeps the whole text in memory. */
function detach(job: JobDefinition): JobDefinition {
  return JSON.parse(JSON.stringify(job));
}
