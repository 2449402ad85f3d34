import { type FileTree, joinPath, type Operation } from '../../tree/file-tree.ts';
import { resolveInTree } from '../../tree/resolve.ts';
import { DROP_IN_TEXT, readsDropIns, withoutPermits, withRefusals } from './sshd-config.ts';
import { readText, type TreeText, writeText } from './tree-text.ts';

const CONFIG = '/etc/ssh/sshd_config';
const DROP_INS = `${CONFIG}.d`;
/** Read before all others of its folder, and the first one that says a thing counts. */
const DROP_IN = `${DROP_INS}/00-domstart.conf`;

/** Nobody logs in as root, or without a password, over ssh. */
export async function sshOperations(tree: FileTree): Promise<Operation[]> {
  const config = await readText(tree, CONFIG);
  if (config === undefined) return [];
  const others = await dropIns(tree);
  const closed = withoutPermits(config.text);
  return [
    ...others.flatMap((file) => writeText(file, withoutPermits(file.text))),
    ...(readsDropIns(config.text)
      ? [
          ...writeText(config, closed),
          ...writeText((await readText(tree, DROP_IN)) ?? { path: DROP_IN }, DROP_IN_TEXT),
        ]
      : writeText(config, withRefusals(closed))),
  ];
}

async function dropIns(tree: FileTree): Promise<TreeText[]> {
  const paths = await namesIn(tree, DROP_INS, (name) => name.endsWith('.conf'));
  const files = await Promise.all(paths.map((path) => readText(tree, path)));
  return files.filter((file) => file !== undefined).filter(({ path }) => path !== DROP_IN);
}

/** What tells one machine from all others, which the guests of an image are not to share. */
export async function identityOperations(tree: FileTree): Promise<Operation[]> {
  const keys = await namesIn(tree, '/etc/ssh', (name) => /^ssh_host_.*key(?:\.pub)?$/.test(name));
  const machine = await readText(tree, '/etc/machine-id');
  const bus = await tree.lookUp('/var/lib/dbus/machine-id').catch(() => undefined);
  return [
    ...keys.map((path): Operation => ({ kind: 'remove', purpose: 'system', path })),
    // systemd makes one where the file is empty.
    ...(machine === undefined ? [] : writeText(machine, '')),
    ...(bus?.kind === 'file'
      ? [{ kind: 'remove', purpose: 'system', path: '/var/lib/dbus/machine-id' } as const]
      : []),
  ];
}

/** Paths of what is in a folder, in an order that is always the same. */
async function namesIn(
  tree: FileTree,
  folder: string,
  accept: (name: string) => boolean,
): Promise<string[]> {
  const found = await resolveInTree(tree, folder);
  if (found?.entry.kind !== 'folder') return [];
  const names = (await tree.list(found.path)).map(({ name }) => name);
  return names
    .filter(accept)
    .sort()
    .map((name) => joinPath(found.path, name));
}
