import type { FileTree, Operation } from '../../tree/file-tree.ts';
import { accountOperations } from './account-operations.ts';
import { fstabText } from './fstab.ts';
import { identityOperations, sshOperations } from './identity-operations.ts';
import { networkOperations } from './network-operations.ts';
import type { SystemSpec } from './system-spec.ts';
import { asBytes, readText, writeText } from './tree-text.ts';

/**
 * What a person edits by hand in a new Debian or Ubuntu: what the job says, and what must not stay
 * as it is (docs/images.md). The tree is only read. Throws `job-invalid` or `host-io`.
 */
export async function systemOperations(
  tree: FileTree,
  spec: SystemSpec,
  root: {
    /** Of its ext file system. */
    readonly uuid: string;
  },
): Promise<Operation[]> {
  return [
    ...(await networkOperations(tree, spec)),
    ...(await mountOperations(tree, spec, root)),
    ...(await accountOperations(tree, spec)),
    ...(await sshOperations(tree)),
    ...(await identityOperations(tree)),
  ];
}

async function mountOperations(
  tree: FileTree,
  { filesystem, swap, mounts }: SystemSpec,
  { uuid }: { readonly uuid: string },
): Promise<Operation[]> {
  const existing = await readText(tree, '/etc/fstab');
  const text = fstabText({
    existing: existing?.text,
    root: { uuid, ...(filesystem === undefined ? {} : { filesystem }) },
    swap,
    mounts: mounts.map((mount) => ({
      ...mount,
      device: asBytes(mount.device),
      folder: asBytes(mount.folder),
      type: asBytes(mount.type),
      ...(mount.options === undefined ? {} : { options: asBytes(mount.options) }),
    })),
  });
  return writeText(existing ?? { path: '/etc/fstab' }, text);
}
