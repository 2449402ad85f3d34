import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { DomstartError } from '../model/errors.ts';

/** Where a tool of this host is: in our PATH, or where root's tools are. */
export function toolPath(name: string): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  for (const folder of folders) {
    if (folder === '') continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  throw new DomstartError('host-incapable', `this host has no ${name}`, {
    hint: `install ${name === 'nice' || name === 'chroot' ? 'coreutils' : 'util-linux'}`,
  });
}
