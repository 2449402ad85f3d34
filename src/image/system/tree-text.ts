import { DomstartError } from '../../model/errors.ts';
import type { FileTree, Operation, Owner } from '../../tree/file-tree.ts';
import { resolveInTree } from '../../tree/resolve.ts';

/** A file of text. Each character is one byte, so that what we do not touch stays as it is. */
export interface TreeText {
  /** Without a link in it. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
  readonly owner: Owner;
}

/** One that may not be there yet. */
export type MaybeText = Partial<TreeText> & Pick<TreeText, 'path'>;

/** Undefined where there is none. Throws `job-invalid` where something else has its name. */
export async function readText(tree: FileTree, path: string): Promise<TreeText | undefined> {
  const found = await resolveInTree(tree, path);
  if (found === undefined) return undefined;
  const { kind, mode, owner } = found.entry;
  if (kind !== 'file') {
    throw new DomstartError('job-invalid', `${path} of the image is no file`, {
      hint: 'it is edited as a file of text: mend what the image is made from',
    });
  }
  const text = (await tree.read(found.path)).toString('latin1');
  return { path: found.path, text, mode, owner };
}

/** As a text of which each character is one byte. */
export function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** The file with another text, or a new one; nothing where it has that text already. */
export function writeText(file: MaybeText, text: string): Operation[] {
  if (file.text === text) return [];
  const { path, mode = 0o644, owner = { uid: 0, gid: 0 } } = file;
  const content = Buffer.from(text, 'latin1');
  return [{ kind: 'write', purpose: 'system', path, mode, owner, content }];
}
