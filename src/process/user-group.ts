import { readFileSync } from 'node:fs';
import { DomstartError } from '../model/errors.ts';

/** The primary group of a user of this host, from /etc/passwd. */
export function groupOf(user: string): number {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (gid !== undefined && (name === user || uid === user)) return Number(gid);
  }
  throw new DomstartError('host-incapable', `cannot run as ${user}: this host has no such user`, {
    hint: `create the user, or correct "setuid ${user}"`,
  });
}
