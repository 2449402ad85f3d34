import { getSystemErrorMap } from 'node:util';
import { DomstartError, messageOf } from '../model/errors.ts';

/** The host said no: `what` could not be done to `path` of the tree. */
export function treeError(what: string, path: string, error: unknown): DomstartError {
  if (error instanceof DomstartError) return error;
  const { code, errno } = error as NodeJS.ErrnoException;
  const reason = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1];
  const message = `cannot ${what} ${path}: ${reason ?? messageOf(error)}`;
  return new DomstartError('host-io', message, { hint: hintFor(code), cause: error });
}

/** The file system in an image is damaged: `what` is known of it. */
export function hasErrors(image: string, what: string): DomstartError {
  return new DomstartError('host-io', `the file system in ${image} has errors: ${what}`, {
    hint: `mend it: e2fsck -f ${image}`,
  });
}

function hintFor(code: string | undefined): string | undefined {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'make room there; then do it again, or `domstart guest restore` undoes what was begun';
    case 'EACCES':
    case 'EPERM':
      return 'do it as root, or as the owner of the files';
    case 'ENOTDIR':
    case 'ELOOP':
      return 'links are not followed there: has it changed meanwhile?';
    default:
      return undefined;
  }
}
