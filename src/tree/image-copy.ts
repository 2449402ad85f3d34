import { chmod, chown, mkdir, open, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DomstartError } from '../model/errors.ts';
import { copyImage } from './copy-image.ts';
import { runTool } from './debugfs.ts';
import type { Operation, TreeChanges, TreeEntry } from './file-tree.ts';
import { blocksFor, requestsOf } from './image-requests.ts';
import { hasErrors, treeError } from './tree-error.ts';

const COPY = 'image';
const REQUESTS = 'requests';
const FULL_FOLDER = /No free space in the directory/;

interface ChangeOptions extends TreeChanges {
  readonly existing: ReadonlyMap<string, TreeEntry['kind']>;
  readonly signal: AbortSignal;
}

/**
 * Changes an image: a copy beside it is changed, checked, and takes its place by a rename. So the
 * image is whole at any moment, and whoever has it in use keeps the old one. What an earlier one
 * that was killed has left is removed. One that is our own is changed in its place, and checked (50 ms
 * for 700 MiB).
 */
export async function changeImage(
  image: string,
  operations: readonly Operation[],
  changes: ChangeOptions,
): Promise<void> {
  const folder = join(dirname(image), `.${basename(image)}.domstart~`);
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, 0o700);
    const options = { ...changes, folder };
    const expand = blocksFor(operations);
    if (changes.own) return await changeInPlace(image, operations, { ...options, expand });
    if (!(await tryChange(image, operations, { ...options, expand: 0 }))) {
      await tryChange(image, operations, { ...options, expand });
    }
    await publish(join(folder, COPY), image);
  } catch (error) {
    throw treeError('change', image, error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Attempt extends ChangeOptions {
  /** Ours alone, for the time of the change. */
  readonly folder: string;
  readonly expand: number;
}

/** What has the name of the copy is the image itself, so that its own name need not be quoted. */
async function changeInPlace(
  image: string,
  operations: readonly Operation[],
  options: Attempt,
): Promise<void> {
  await symlink(image, join(options.folder, COPY));
  const { status, stderr } = await giveRequests(operations, options);
  if (status !== 0 || stderr !== '') throw failed(image, stderr);
  const at = { cwd: options.folder, signal: options.signal };
  const check = await runTool('e2fsck', ['-fn', COPY], at);
  if (check.status !== 0) throw checkFailed(image, check.stdout);
}

async function giveRequests(operations: readonly Operation[], options: Attempt) {
  const { folder, signal } = options;
  const { lines, contents } = requestsOf(operations, options);
  for (const [name, content] of contents) await writeFile(join(folder, name), content);
  await writeFile(join(folder, REQUESTS), `${lines.join('\n')}\n`);
  return await runTool('debugfs', ['-w', '-f', REQUESTS, COPY], { cwd: folder, signal });
}

/** False where there is no room for more names in a folder of the image. */
async function tryChange(
  image: string,
  operations: readonly Operation[],
  options: Attempt,
): Promise<boolean> {
  const { folder, expand, signal } = options;
  const at = { cwd: folder, signal };
  await copyImage({ from: image, to: join(folder, COPY), signal });
  const { status, stderr } = await giveRequests(operations, options);
  if (expand === 0 && FULL_FOLDER.test(stderr)) return false;
  if (status !== 0 || stderr !== '') throw failed(image, stderr);
  const check = await runTool('e2fsck', ['-fn', COPY], at);
  if (check.status !== 0) await explainErrors(image, at);
  return true;
}

function failed(image: string, complaint: string): DomstartError {
  const noSpace = /no free space|could not allocate/i.test(complaint);
  return new DomstartError('host-io', `cannot change ${image}: ${complaint || 'debugfs failed'}`, {
    hint: noSpace ? 'the file system in it is full: make it larger with resize2fs' : undefined,
  });
}

/** The copy has errors: are they the image's own? */
async function explainErrors(
  image: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<never> {
  const at = { cwd: dirname(image), signal };
  const { status, stdout } = await runTool('e2fsck', ['-fn', `./${basename(image)}`], at);
  if (status === 0) {
    throw new DomstartError(
      'internal',
      `changing a copy of ${image} damaged it; nothing is changed`,
    );
  }
  throw checkFailed(image, stdout);
}

function checkFailed(image: string, told: Buffer): DomstartError {
  const first = told
    .toString('utf8')
    .split('\n')
    .find((line) => !/^Pass |^$/.test(line));
  return hasErrors(image, first ?? '');
}

async function publish(copied: string, image: string): Promise<void> {
  const { mode, uid, gid } = await stat(image);
  const own = await stat(copied);
  if (own.uid !== uid || own.gid !== gid) await chown(copied, uid, gid);
  await chmod(copied, mode & 0o7777);
  await using file = await open(copied, 'r');
  await file.sync();
  await rename(copied, image);
}
