import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { findExecutable } from '../system/find-executable.ts';

let found: readonly string[] | undefined;

/**
 * The words before a command that tie its life to ours, also when we are killed: util-linux's setpriv
 * asks the kernel for SIGKILL at our death and becomes the command. Busybox's setpriv cannot; without
 * it the next start's sweep does the work.
 */
export function tether(): readonly string[] {
  found ??= findSetpriv();
  return found;
}

function findSetpriv(): readonly string[] {
  const file = findExecutable('setpriv', {
    accept: (one) => basename(realpathSync(one)) === 'setpriv',
  });
  return file === undefined ? [] : [file, '--pdeathsig', 'KILL', '--'];
}
