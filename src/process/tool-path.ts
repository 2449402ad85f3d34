import { DomstartError } from '../model/errors.ts';
import { findExecutable } from '../system/find-executable.ts';

/** The package of a tool, as Debian has it, where it is not util-linux. */
const PACKAGES: Readonly<Record<string, string>> = {
  nice: 'coreutils',
  chroot: 'coreutils',
  perl: 'perl-base',
};

/** Where a tool of this host is: in our PATH, or where root's tools are. */
export function toolPath(name: string): string {
  const path = [process.env['PATH'], '/usr/sbin', '/sbin'].filter(Boolean).join(':');
  const tool = findExecutable(name, { path });
  if (tool !== undefined) return tool;
  throw new DomstartError('host-incapable', `this host has no ${name}`, {
    hint: `install ${PACKAGES[name] ?? 'util-linux'}`,
  });
}
