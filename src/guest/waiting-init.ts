import type { ImageEntry } from '../model/guest-files.ts';
import { waitingMark } from '../model/guest-protocol.ts';
import { OUR_FOLDER } from './direct-init.ts';

/**
 * The init of a guest that was created before anybody knew what it is for. It says that it waits, takes
 * a cpio archive from its console, unpacks that over the root, and becomes the init which came with it.
 * The terminal is to pass on every byte as it is, and not to print it.
 */
const WAITING_INIT = `#!/bin/sh
read -r mark <${OUR_FOLDER}/mark
stty -icanon -echo -isig -iexten -icrnl -ixon min 1
echo "$mark"
cpio -idmu 2>/dev/null
exec /init
`;

/** Its files. */
export function waitingGuest(token: string): readonly ImageEntry[] {
  return [
    { kind: 'folder', path: OUR_FOLDER, mode: 0o755 },
    { kind: 'file', path: '/init', mode: 0o755, content: WAITING_INIT },
    { kind: 'file', path: `${OUR_FOLDER}/mark`, mode: 0o600, content: `${waitingMark(token)}\n` },
  ];
}
