import { DomstartError } from '../model/errors.ts';
import { findExecutable } from '../system/find-executable.ts';

/** Where a tool of this host is: in our PATH, or where root's tools are. */
export function toolPath(name: string): string {
  const path = [process.env['PATH'], '/usr/sbin', '/sbin'].filter(Boolean).join(':');
  const tool = findExecutable(name, { path });
  if (tool !== undefined) return tool;
  throw new DomstartError('host-incapable', `this host has no ${name}`, {
    hint: `install ${name === 'nice' || name === 'chroot' ? 'coreutils' : 'util-linux'}`,
  });
}
