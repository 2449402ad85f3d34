import type { CompiledGuest, GuestRequest } from '../model/guest-files.ts';
import { loadModules, OUR_FOLDER } from './direct-init.ts';
import { type DiskRoot, diskFiles, findDisks, switchRoot } from './disk-root.ts';

/**
 * For a guest that has an init of its own (an Upstart, or whatever its disk holds): ours finds the
 * disk, says that the boot is over, and is gone.
 */
export function compileBoot({ token, modules }: GuestRequest, root: DiskRoot): CompiledGuest {
  const init = `#!/bin/sh
read -r token <${OUR_FOLDER}/token
echo "domstart:$token:init"
mount -a
${loadModules(modules)}${findDisks()}${switchRoot(root)}`;
  return {
    initramfs: [
      { kind: 'file', path: '/init', mode: 0o755, content: init },
      { kind: 'file', path: `${OUR_FOLDER}/token`, mode: 0o600, content: `${token}\n` },
      ...diskFiles(),
    ],
    inside: [],
  };
}
