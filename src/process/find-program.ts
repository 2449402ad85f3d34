import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileInRoot } from './inside-root.ts';

export interface FindProgramOptions {
  /** The PATH of the job. */
  readonly path: string | undefined;
  /** Undefined where it is the host's own. */
  readonly root: string | undefined;
  /** Where the process is, inside its root. */
  readonly folder: string;
  /** Who executes it; undefined where that is us. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

/** Why execvp would not execute a program: `ENOENT` or `EACCES`; undefined where it would. */
export function whyNotExecuted(program: string, options: FindProgramOptions): string | undefined {
  if (program.includes('/')) return whyNotFile(program, options);
  // Where the job has no PATH, execvp takes the C library's.
  const folders = (options.path ?? '/bin:/usr/bin').split(':');
  let why = 'ENOENT';
  for (const folder of folders) {
    const reason = whyNotFile(`${folder || '.'}/${program}`, options);
    if (reason === undefined) return undefined;
    if (reason === 'EACCES') why = reason;
  }
  return why;
}

function whyNotFile(name: string, options: FindProgramOptions): string | undefined {
  try {
    const file = fileOf(name, options);
    const stat = statSync(file);
    if (!stat.isFile() || !mayExecute(stat, options.user)) return 'EACCES';
    const interpreter = interpreterOf(file);
    if (interpreter !== undefined) statSync(fileOf(interpreter, options));
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EACCES' || code === 'ELOOP' ? code : 'ENOENT';
  }
}

function fileOf(name: string, { root, folder }: FindProgramOptions): string {
  const absolute = resolve(folder, name);
  return root === undefined ? absolute : fileInRoot(root, absolute);
}

/**
 * Never no where the system says yes: the bits of the group are also the mask of an access list,
 * which cannot be seen from here.
 */
function mayExecute(
  { mode, uid }: { readonly mode: number; readonly uid: number },
  user: FindProgramOptions['user'],
): boolean {
  const who = user?.uid ?? process.geteuid?.() ?? 0;
  if (who === 0) return (mode & 0o111) !== 0;
  return (mode & (who === uid ? 0o100 : 0o011)) !== 0;
}

/** What the first line names: `#!/bin/sh`. */
function interpreterOf(file: string): string | undefined {
  const start = Buffer.alloc(256);
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    // Programs that may be executed need not be readable.
    return undefined;
  }
  try {
    const length = readSync(fd, start, 0, start.length, 0);
    return /^#![ \t]*([^ \t\n]+)/.exec(start.toString('latin1', 0, length))?.[1];
  } finally {
    closeSync(fd);
  }
}
