import { existsSync } from 'node:fs';
import { DomstartError } from '../../model/errors.ts';
import { findExecutable } from '../../system/find-executable.ts';

/** Tools of mounts and file systems are where only root looks for them. */
export const TOOL_PATH = [process.env['PATH'] ?? '', '/usr/sbin', '/sbin'].join(':');

/** What the road needs, and the package that it is in. */
const TOOLS: Readonly<Record<string, string>> = {
  mount: 'mount',
  umount: 'mount',
  losetup: 'mount',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  fstrim: 'util-linux',
  mke2fs: 'e2fsprogs',
  e2fsck: 'e2fsprogs',
  tar: 'tar',
  find: 'findutils',
  sync: 'coreutils',
};

const OTHER_ROAD = 'without `--method mount` the same image is made without root and mounts';

/** Throws `host-incapable` where this host or this user cannot mount an image. */
export function requireMounts(): void {
  if (process.getuid?.() !== 0) {
    throw new DomstartError('host-incapable', 'mounting an image takes root', { hint: OTHER_ROAD });
  }
  for (const [tool, from] of Object.entries(TOOLS)) {
    if (findExecutable(tool, { path: TOOL_PATH }) !== undefined) continue;
    throw new DomstartError('host-incapable', `this host lacks ${tool}, which mounts images`, {
      hint: `\`apt-get install ${from}\`; or: ${OTHER_ROAD}`,
    });
  }
  if (!existsSync('/dev/loop-control')) {
    throw new DomstartError('host-incapable', 'this host has no loop devices', {
      hint: `\`modprobe loop\`; or: ${OTHER_ROAD}`,
    });
  }
}

/** Where the kernel says no, as in most containers. */
export function cannotMount(lines: readonly string[]): DomstartError {
  const text = lines.join('\n').trim();
  const message = `cannot mount an image on this host: ${text}`;
  return new DomstartError('host-incapable', message, { hint: OTHER_ROAD });
}
