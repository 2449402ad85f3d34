import type { FileTree, Operation } from '../../tree/file-tree.ts';
import { resolveInTree } from '../../tree/resolve.ts';
import { hostsText } from './hosts.ts';
import { interfacesFile } from './interfaces.ts';
import type { SystemSpec } from './system-spec.ts';
import { type MaybeText, readText, writeText } from './tree-text.ts';

/** Its name, the names of others, and its interfaces. */
export async function networkOperations(
  tree: FileTree,
  { hostname, hosts, interfaces }: SystemSpec,
): Promise<Operation[]> {
  const name = await fileOrNew(tree, '/etc/hostname');
  const known = await fileOrNew(tree, '/etc/hosts');
  const own = hostsText({ existing: known.text, hostname, hosts });
  return [
    ...writeText(name, `${hostname}\n`),
    ...writeText(known, own),
    ...(interfaces.length === 0 ? [] : await interfaceOperations(tree, interfaces)),
  ];
}

const INTERFACES = '/etc/network/interfaces';

/** An ifupdown from before 2012 has no such folder, and ends at the word `source`. */
async function interfaceOperations(
  tree: FileTree,
  interfaces: SystemSpec['interfaces'],
): Promise<Operation[]> {
  const folder = (await resolveInTree(tree, `${INTERFACES}.d`))?.entry.kind === 'folder';
  return writeText(await fileOrNew(tree, INTERFACES), interfacesFile(interfaces, { folder }));
}

async function fileOrNew(tree: FileTree, path: string): Promise<MaybeText> {
  return (await readText(tree, path)) ?? { path };
}
