import { readFileSync } from 'node:fs';
import { DomstartError } from '../model/errors.ts';

/** The primary group of a user of this host, from /etc/passwd. */
export function groupOfUser(user: string): number {
  const fields = find('/etc/passwd', user);
  if (fields !== undefined) return Number(fields[3]);
  throw new DomstartError('host-incapable', `cannot run as ${user}: this host has no such user`, {
    hint: `create the user, or correct "setuid ${user}"`,
  });
}

/** The number of a group of this host, from /etc/group. */
export function groupNumber(group: string): number {
  const fields = find('/etc/group', group);
  if (fields !== undefined) return Number(fields[2]);
  throw new DomstartError('host-incapable', `cannot run as ${group}: this host has no such group`, {
    hint: `create the group, or correct "setgid ${group}"`,
  });
}

function find(file: string, name: string): string[] | undefined {
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const fields = line.split(':');
    if (fields.length >= 4 && fields[0] === name) return fields;
  }
  return undefined;
}
