import type { ImageUser } from '../../model/domain.ts';
import { accountError, noGroup, noUser } from './account-errors.ts';
import { withMember } from './group.ts';
import { freeId, IN_SHADOW, isLocked, LOCKED, openAccounts, PASSWORD } from './passwd.ts';
import { newestDay, shadowLine, shadowOf, withPassword } from './shadow.ts';
import { addLine, changeLines, findLine, namesIn, type Table, withField } from './table.ts';

/** The files of a system's accounts. */
export interface Accounts {
  readonly passwd: Table;
  /** Absent where the passwords are in passwd itself. */
  readonly shadow?: Table;
  readonly group: Table;
  readonly gshadow?: Table;
}

export interface AccountRequest {
  readonly users: readonly ImageUser[];
  readonly passwords: readonly {
    readonly user: string;
    /** As crypt(5) has it. Absent: none is right. */
    readonly hash?: string;
  }[];
  /** Of new users. */
  readonly shell: string;
}

export interface NewUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/**
 * The users and passwords of a job, and no account left open: root has the password that the job
 * gives it or none, and an account that took an empty one takes none. Throws `job-invalid`.
 */
export function editAccounts(
  accounts: Accounts,
  request: AccountRequest,
): { readonly accounts: Accounts; readonly made: readonly NewUser[] } {
  let edited = accounts;
  const made: NewUser[] = [];
  for (const user of request.users) {
    if (findLine(edited.passwd, user.name) === undefined) {
      const added = addUser(edited, user, request.shell);
      edited = added.accounts;
      made.push(added.user);
    }
    edited = joinGroups(edited, user);
  }
  for (const { user, hash } of request.passwords) {
    if (findLine(edited.passwd, user) === undefined) throw noUser(user, namesIn(edited.passwd));
    edited = hash === undefined ? lock(edited, user) : setPassword(edited, user, hash);
  }
  for (const name of toBeLocked(edited, request)) edited = lock(edited, name);
  return { accounts: edited, made };
}

function toBeLocked(
  { passwd, shadow = [] }: Accounts,
  { passwords }: AccountRequest,
): ReadonlySet<string> {
  const isRootGiven = passwords.some(({ user }) => user === 'root');
  const root = isRootGiven || findLine(passwd, 'root') === undefined ? [] : ['root'];
  return new Set([...root, ...openAccounts(passwd), ...openAccounts(shadow)]);
}

function addUser(
  accounts: Accounts,
  { name }: ImageUser,
  shell: string,
): { readonly accounts: Accounts; readonly user: NewUser } {
  const { passwd, shadow, group, gshadow } = accounts;
  if (findLine(group, name) !== undefined) {
    throw accountError(
      `image user ${name}`,
      `a group has that name already in /etc/group of the image, so no user's own can`,
      'choose another name',
    );
  }
  const id = freeId(passwd, group);
  if (id === undefined) {
    throw accountError(
      `image user ${name}`,
      'no number from 1000 to 59999 is free in /etc/passwd and /etc/group of the image',
      'make the user in `image script`',
    );
  }
  const home = `/home/${name}`;
  const password = shadow === undefined ? LOCKED : IN_SHADOW;
  const ids = [String(id), String(id)];
  return {
    user: { name, uid: id, gid: id, home },
    accounts: {
      passwd: addLine(passwd, [name, password, ...ids, '', home, shell]),
      group: addLine(group, [name, 'x', String(id), '']),
      ...(shadow && { shadow: addLine(shadow, shadowLine(name, LOCKED, newestDay(shadow))) }),
      ...(gshadow && { gshadow: addLine(gshadow, [name, '!', '', '']) }),
    },
  };
}

function joinGroups(accounts: Accounts, user: ImageUser): Accounts {
  const { name, groups } = user;
  let { group, gshadow } = accounts;
  for (const one of groups) {
    if (findLine(group, one) === undefined) throw noGroup(user, one, namesIn(group));
    group = withMember(group, one, name);
    gshadow &&= withMember(gshadow, one, name);
  }
  return { ...accounts, group, ...(gshadow && { gshadow }) };
}

/** What is in passwd is read by everybody, so that a hash makes a system without a shadow get one. */
function setPassword(accounts: Accounts, user: string, hash: string): Accounts {
  const { passwd, shadow } = accounts;
  return {
    ...accounts,
    passwd: shadow === undefined ? namesIn(passwd).reduce(hidden, passwd) : hidden(passwd, user),
    shadow: withPassword(shadow ?? shadowOf(passwd), user, hash),
  };
}

function hidden(passwd: Table, user: string): Table {
  return changeLines(passwd, user, (line) => withField(line, PASSWORD, IN_SHADOW));
}

function lock(accounts: Accounts, user: string): Accounts {
  const { passwd, shadow } = accounts;
  if (isShut(accounts, user)) return accounts;
  if (shadow !== undefined) return setPassword(accounts, user, LOCKED);
  const locked = changeLines(passwd, user, (line) => withField(line, PASSWORD, LOCKED));
  return { ...accounts, passwd: locked };
}

/** Every line of that name counts: there may be more than one, and one of them open. */
function isShut({ passwd, shadow }: Accounts, user: string): boolean {
  return passwd
    .filter(([name]) => name === user)
    .map((line) => line[PASSWORD] ?? '')
    .every((field) => {
      if (field !== IN_SHADOW) return isLocked(field);
      const lines = (shadow ?? []).filter(([name]) => name === user);
      return lines.every((line) => isLocked(line[PASSWORD] ?? ''));
    });
}
