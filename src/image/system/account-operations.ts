import type { FileTree, Operation } from '../../tree/file-tree.ts';
import { resolveInTree } from '../../tree/resolve.ts';
import { accountError } from './account-errors.ts';
import { type AccountRequest, editAccounts } from './accounts.ts';
import { homeOperations } from './home.ts';
import { findLine, readTable, type Table, tableText } from './table.ts';
import { readText, writeText } from './tree-text.ts';

const FILES = ['passwd', 'shadow', 'group', 'gshadow'] as const;

/** Users, groups, passwords and homes. A root without accounts is left so unless it is to have some. */
export async function accountOperations(
  tree: FileTree,
  wanted: Omit<AccountRequest, 'shell'>,
): Promise<Operation[]> {
  const [passwd, shadow, group, gshadow] = await Promise.all(
    FILES.map((name) => readText(tree, `/etc/${name}`)),
  );
  if (passwd === undefined) return refuseWithout('passwd', wanted);
  if (group === undefined && wanted.users.length > 0) return refuseWithout('group', wanted);
  const before = {
    passwd: readTable(passwd.text),
    group: readTable(group?.text ?? ''),
    ...(shadow && { shadow: readTable(shadow.text) }),
    ...(gshadow && { gshadow: readTable(gshadow.text) }),
  };
  const { accounts, made } = editAccounts(before, { ...wanted, shell: await shellIn(tree) });
  const files = { passwd, shadow: shadow ?? newShadow(before.group), group, gshadow };
  const homes = await Promise.all(made.map((user) => homeOperations(tree, user)));
  return [
    ...FILES.flatMap((name) => {
      const table = accounts[name];
      if (table === undefined || table === before[name]) return [];
      return writeText(files[name] ?? { path: `/etc/${name}` }, tableText(table));
    }),
    ...homes.flat(),
  ];
}

function newShadow(group: Table) {
  const gid = Number(findLine(group, 'shadow')?.[2] ?? 0);
  return { path: '/etc/shadow', mode: gid === 0 ? 0o600 : 0o640, owner: { uid: 0, gid } };
}

async function shellIn(tree: FileTree): Promise<string> {
  const bash = '/bin/bash';
  return (await resolveInTree(tree, bash))?.entry.kind === 'file' ? bash : '/bin/sh';
}

function refuseWithout(
  file: string,
  { users, passwords }: Omit<AccountRequest, 'shell'>,
): Operation[] {
  const [user] = users;
  const [password] = passwords;
  const stanza =
    user !== undefined ? `image user ${user.name}` : password && `image password ${password.user}`;
  if (stanza === undefined) return [];
  throw accountError(
    stanza,
    `the image has no /etc/${file}`,
    'take the stanza out, or make the image from a system that has accounts',
  );
}
