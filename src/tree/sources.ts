import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { DomstartError, messageOf } from '../model/errors.ts';
import type { Operation } from './file-tree.ts';

/** Throws `file-missing` where a file of the host that is to be copied is none, before anything is done. */
export async function checkSources(operations: readonly Operation[]): Promise<void> {
  for (const operation of operations) {
    if (operation.kind !== 'write' || !('source' in operation.content)) continue;
    const { source } = operation.content;
    try {
      await access(source, constants.R_OK);
      if (!(await stat(source)).isFile()) throw new Error('not a file');
    } catch (error) {
      const message = `cannot copy ${source} to ${operation.path}: ${messageOf(error)}`;
      throw new DomstartError('file-missing', message, { cause: error });
    }
  }
}
