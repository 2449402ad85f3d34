import { readFileSync } from 'node:fs';
import { fileInRoot } from './inside-root.ts';
import { isNoRoom } from './no-room.ts';

/** A user of this host or of another root, from its /etc/passwd; undefined where there is none. */
export function findUser(
  user: string,
  root = '/',
): { readonly uid: number; readonly gid: number } | undefined {
  const fields = find(root, '/etc/passwd', user);
  return fields && { uid: Number(fields[2]), gid: Number(fields[3]) };
}

/** The number of a group, from /etc/group. */
export function findGroup(group: string, root = '/'): number | undefined {
  const fields = find(root, '/etc/group', group);
  return fields && Number(fields[2]);
}

/** This process has these ids already, and may have no others. */
export function isUs({
  uid,
  gid,
}: {
  readonly uid: number | undefined;
  readonly gid: number;
}): boolean {
  return (
    process.getuid?.() !== 0 &&
    gid === process.getgid?.() &&
    (uid === undefined || uid === process.getuid?.())
  );
}

function find(root: string, file: string, name: string): string[] | undefined {
  for (const line of read(root, file).split('\n')) {
    const fields = line.split(':');
    if (fields.length >= 4 && fields[0] === name) return fields;
  }
  return undefined;
}

/** A root need not have users. */
function read(root: string, file: string): string {
  try {
    return readFileSync(fileInRoot(root, file), 'utf8');
  } catch (error) {
    if (isNoRoom(error)) throw error;
    return '';
  }
}
