/** `image password`: a plain password never stands in a job file, and none is ever empty. */
import type { ImagePassword } from '../../model/domain.ts';
import type { Clash } from './stanza.ts';

type How = ImagePassword['kind'];

/** yescrypt, gost-yescrypt, scrypt, bcrypt, SHA-512, SHA-256: what crypt(5) calls acceptable. */
const HASH = /^\$(?:y|gy|7|2[aby]|6|5)\$[A-Za-z0-9./$=,]+$/;
const WEAK = /^(?:\$1\$|\$md5|\$sha1\$|[A-Za-z0-9./]{13}$)/;

export function passwordClash(how: How, value: string | undefined): Clash | undefined {
  if (how === 'locked') return value === undefined ? undefined : unexpected();
  if (value === undefined) return missing(how);
  return how === 'hash' ? hashClash(value) : undefined;
}

function unexpected(): Clash {
  return {
    argument: 2,
    code: 'unexpected-token',
    message: 'Unexpected token: `locked` takes nothing behind it',
  };
}

function missing(how: 'hash' | 'file'): Clash {
  return {
    argument: 1,
    code: 'expected-token',
    message: `Expected token: \`${how}\` needs ${how === 'hash' ? 'the hash' : 'the name of a file'}`,
    hint:
      how === 'hash'
        ? "`openssl passwd -6` makes one: image password root hash '$6$…'"
        : 'the first line of the file is the password: image password root file root.password',
  };
}

function hashClash(value: string): Clash | undefined {
  if (HASH.test(value)) return undefined;
  const weak = WEAK.test(value);
  return {
    argument: 2,
    code: weak ? 'weak-hash' : 'illegal-argument',
    message: weak
      ? 'Weak hash: DES, MD5 and SHA-1 are broken in hours'
      : 'Illegal argument, expected a hash as crypt(5) has it',
    hint: /^[!*]/.test(value)
      ? 'say `image password USER locked`'
      : 'make one by `openssl passwd -6` or `mkpasswd`, and put single quotes around it',
  };
}

export function passwordOf(user: string, how: How, value = ''): ImagePassword {
  switch (how) {
    case 'locked':
      return { user, kind: 'locked' };
    case 'hash':
      return { user, kind: 'hash', hash: value };
    case 'file':
      return { user, kind: 'file', path: value };
  }
}

/** What stands behind the kind in the file. */
export function secretOf(password: ImagePassword): string | undefined {
  switch (password.kind) {
    case 'locked':
      return undefined;
    case 'hash':
      return password.hash;
    case 'file':
      return password.path;
  }
}
