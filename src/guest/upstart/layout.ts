import { DomstartError } from '../../model/errors.ts';
import type { FileTree } from '../../tree/file-tree.ts';
import { joinPath } from '../../tree/file-tree.ts';
import { resolveInTree } from '../../tree/resolve.ts';

/** The two kinds of Upstart that a guest may have. */
export type UpstartInit = 'event.d' | 'init';

export const JOB_FOLDERS: Readonly<Record<UpstartInit, string>> = {
  'event.d': '/etc/event.d',
  init: '/etc/init',
};

/** Where the file of a guest's job is. */
export function jobPath(folder: string, init: UpstartInit, job: string): string {
  return joinPath(folder, init === 'event.d' ? job : `${job}.conf`);
}

/** The folder of jobs, without links. Throws `file-missing` and says what is there instead. */
export async function findJobFolder(tree: FileTree, init: UpstartInit): Promise<string> {
  const wanted = JOB_FOLDERS[init];
  const found = await resolveInTree(tree, wanted);
  if (found?.entry.kind === 'folder') return found.path;
  const { message, hint } = await explainMissing(tree, init);
  throw new DomstartError('file-missing', `no folder ${wanted} in ${tree.root}: ${message}`, {
    hint,
  });
}

async function explainMissing(tree: FileTree, init: UpstartInit) {
  const other = init === 'init' ? 'event.d' : 'init';
  const kindOf = async (path: string) => (await resolveInTree(tree, path))?.entry.kind;
  if ((await kindOf(JOB_FOLDERS[other])) === 'folder') {
    return {
      message: `there is ${JOB_FOLDERS[other]}`,
      hint: `write \`guest init ${other}\` in the job`,
    };
  }
  const elsewhere =
    'name the root folder of a guest that has Upstart, or write `guest init direct`';
  for (const [path, what] of OTHER_INITS) {
    if ((await kindOf(path)) !== undefined) {
      return { message: `there is ${path}, so its init is ${what}`, hint: elsewhere };
    }
  }
  if ((await kindOf('/etc')) === 'folder') {
    return { message: 'there is /etc, but no init of a known kind', hint: elsewhere };
  }
  const names = (await tree.list('/')).map(({ name }) => name).sort();
  const some = names.slice(0, 5).join(', ');
  const message =
    names.length === 0 ? 'it is empty' : `there is ${some}${names.length > 5 ? ', …' : ''}`;
  return { message, hint: 'name the folder that is `/` to the guest' };
}

const OTHER_INITS = [
  ['/lib/systemd/systemd', 'systemd'],
  ['/usr/lib/systemd/systemd', 'systemd'],
  ['/sbin/openrc', 'OpenRC'],
  ['/etc/inittab', 'one that reads it'],
] as const;
