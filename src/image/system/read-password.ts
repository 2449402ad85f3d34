import { createHmac } from 'node:crypto';
import { open } from 'node:fs/promises';
import { DomstartError } from '../../model/errors.ts';
import type { ImageWish } from '../../ports/images.ts';
import { naming } from '../copies.ts';
import { expandPattern } from '../expand-pattern.ts';
import { findSource } from '../find-source.ts';
import { sha512Crypt } from './sha512-crypt.ts';

/** Bytes: what crypt(3) takes, without its NUL. */
const LONGEST = 511;

export interface PasswordFile {
  readonly user: string;
  /** A pattern. */
  readonly path: string;
  /** What tells this image from others, in any form. */
  readonly image: readonly unknown[];
}

/** The hash of the first line of a file of the host. Throws `file-missing` or `job-invalid`. */
export async function hashPasswordFile(
  { user, path, image }: PasswordFile,
  { environment, jobFile }: ImageWish,
): Promise<string> {
  const stanza = `image password ${user} file ${path}`;
  const name = expandPattern(path, environment, stanza);
  const file = await findSource({ name, stanza, jobFile, workingFolder: process.cwd() });
  const password = firstLine(await naming(file, () => readBegin(file)));
  const problem = problemOf(password);
  if (problem !== undefined) {
    throw new DomstartError('job-invalid', `\`${stanza}\`: the first line of ${file} ${problem}`, {
      hint: 'it is the password; for an account without one write `locked`',
    });
  }
  return sha512Crypt(password, saltOf(user, image));
}

/**
 * Not by chance, because the same job is to make the same image. Not of the password either: a salt
 * that is made of it in one quick step, and that everybody sees, would tell at once whether a guess
 * is right. The same password of another user or in another image has another hash, and that is
 * what a salt is for.
 */
function saltOf(user: string, image: readonly unknown[]): string {
  const mac = createHmac('sha256', 'domstart password').update(JSON.stringify([user, ...image]));
  return mac.digest('base64').slice(0, 16).replaceAll('+', '.');
}

async function readBegin(path: string): Promise<Buffer> {
  await using file = await open(path, 'r');
  const begin = Buffer.alloc(LONGEST + 2);
  const { bytesRead } = await file.read(begin, 0, begin.length, 0);
  return begin.subarray(0, bytesRead);
}

function firstLine(begin: Buffer): Buffer {
  const end = begin.indexOf('\n');
  const line = end < 0 ? begin : begin.subarray(0, end);
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
}

function problemOf(password: Buffer): string | undefined {
  if (password.length === 0) return 'is empty';
  if (password.length > LONGEST) return `is longer than ${LONGEST} bytes`;
  return password.includes(0) ? 'has a NUL in it' : undefined;
}
