import { JobFileError, renderErrors } from '../embed/load-jobs.ts';
import type { JobFile } from '../embed/read-jobs.ts';
import { readJobs } from '../embed/read-jobs.ts';
import { type GuestChange, installGuest, restoreGuest } from '../guest/install.ts';
import { showGuest } from '../guest/show.ts';
import type { DomainSpec } from '../model/domain.ts';
import { DomstartError } from '../model/errors.ts';
import type { FileTree, Operation } from '../tree/file-tree.ts';
import { lockTree } from '../tree/lock-tree.ts';
import { openTree } from '../tree/open-tree.ts';
import { EXIT } from './exit-codes.ts';
import { fail, print, say } from './output.ts';
import { readJobInput } from './read-source.ts';

export interface GuestOptions {
  readonly dryRun?: true;
  readonly force?: true;
  readonly json?: true;
}

/** `domstart guest install ROOT JOB`: makes the guest in ROOT run the job's guest and nothing else. */
export async function installInto(
  root: string,
  file: string,
  options: GuestOptions,
): Promise<number> {
  const { guest } = await domainIn(file);
  if (guest === undefined) throw noGuest(file);
  return await change(root, options, (tree, how) => installGuest(tree, guest, how), {
    done: `${guest.job.name} is installed`,
    nothing: `${guest.job.name} is installed already`,
  });
}

/** `domstart guest restore ROOT`: gives the guest back what it had. */
export async function restore(root: string, options: GuestOptions): Promise<number> {
  return await change(root, options, restoreGuest, {
    done: 'restored',
    nothing: 'nothing is installed: nothing to restore',
  });
}

/** `domstart guest show JOB`: prints the files that a guest's job becomes. */
export async function show(file: string, { json }: GuestOptions): Promise<number> {
  const domain = await domainIn(file);
  const { files, notes } = showGuest(domain);
  if (json) {
    const shown = files.map(({ path, mode, content }) => ({ path, mode: octal(mode), content }));
    print(
      JSON.stringify({
        init: domain.guest?.init,
        job: domain.guest?.job.name,
        files: shown,
        notes,
      }),
    );
    return EXIT.ok;
  }
  const texts = files.map(({ path, mode, content }) => {
    const end = content.endsWith('\n') ? '' : '\n';
    return `==> ${path} (mode ${octal(mode)}) <==\n${content}${end}`;
  });
  process.stdout.write(texts.join('\n'));
  for (const note of notes) say(`note: ${note}`);
  return EXIT.ok;
}

type Change = (
  tree: FileTree,
  options: { readonly force: boolean; readonly dryRun: boolean; readonly signal: AbortSignal },
) => Promise<GuestChange>;

/** Ctrl-C between two steps: what was begun can be ended or undone. */
async function change(
  root: string,
  { force = false, dryRun = false, json }: { force?: boolean; dryRun?: boolean; json?: true },
  act: Change,
  summary: { readonly done: string; readonly nothing: string },
): Promise<number> {
  const interrupt = new AbortController();
  let interrupted: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    interrupted ??= signal === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted;
    interrupt.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const { signal } = interrupt;
    const tree = await openTree(root, signal);
    await using _lock = await lockTree(tree);
    const changed = await act(tree, { force, dryRun, signal });
    tell(changed, { tree, dryRun, json, summary });
    return EXIT.ok;
  } catch (error) {
    const status = fail(error);
    return interrupted ?? status;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

interface TellOptions {
  readonly tree: FileTree;
  readonly dryRun: boolean;
  readonly json: true | undefined;
  readonly summary: { readonly done: string; readonly nothing: string };
}

function tell(changed: GuestChange, { tree, dryRun, json, summary }: TellOptions): void {
  const { operations, off, notes, job, init } = changed;
  if (json) {
    const { root, kind } = tree;
    const steps = operations.map(stepJson);
    print(JSON.stringify({ root, kind, job, init, dryRun, operations: steps, off, notes }));
    return;
  }
  for (const operation of operations) print(stepText(operation));
  for (const note of notes) say(`note: ${note}`);
  const count = off.length === 0 ? '' : `; jobs that are off: ${off.length}`;
  const what = operations.length === 0 ? summary.nothing : summary.done;
  say(
    `${tree.root}: ${dryRun && operations.length > 0 ? 'nothing was done (dry run)' : what}${count}`,
  );
}

function stepJson(operation: Operation) {
  const { kind, purpose, path } = operation;
  switch (kind) {
    case 'write': {
      const { mode, content } = operation;
      const step = { kind, purpose, path, mode: octal(mode) };
      if ('source' in content) return { ...step, ...content };
      return { ...step, content: Buffer.from(content).toString('utf8') };
    }
    case 'folder':
      return { kind, purpose, path, mode: octal(operation.mode) };
    case 'link':
      return { kind, purpose, path, target: operation.target };
    case 'rename':
      return { kind, purpose, path, to: operation.to };
    case 'remove':
      return { kind, purpose, path };
  }
}

function stepText(operation: Operation): string {
  const { kind, purpose, path } = operation;
  const to = kind === 'rename' ? ` -> ${operation.to}` : '';
  return `${purpose.padEnd(9)} ${kind.padEnd(7)} ${path}${to}`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

async function domainIn(file: string): Promise<DomainSpec> {
  const job = await readOne(file);
  if (job.job === undefined) {
    const error = new JobFileError([job]);
    say(error.render());
    throw error;
  }
  const overridden = job.override === undefined ? '' : renderErrors(job.override);
  if (overridden !== '') say(overridden);
  if (job.job.domain === undefined) throw noGuest(file);
  return job.job.domain;
}

async function readOne(file: string): Promise<JobFile> {
  if (file === '-') return await readJobInput({});
  const [job, ...others] = await readJobs(file, { dialect: 'domstart' });
  if (job !== undefined && others.length === 0) return job;
  throw new DomstartError('job-unknown', `one job file is wanted, and ${file} holds several`, {
    hint: 'name one of them',
  });
}

function noGuest(file: string): DomstartError {
  return new DomstartError('job-invalid', `the job in ${file} has no guest`, {
    hint: 'write `guest NAME … end guest`',
  });
}
