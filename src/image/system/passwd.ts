import { nameOf, namesIn, type Table } from './table.ts';

/** Fields of passwd(5) and of group(5). */
export const PASSWORD = 1;
const ID = 2;

/** In the place of a password: it is in the file that only root reads. */
export const IN_SHADOW = 'x';
/** In the place of a password: none is right. Other than `!` it shuts out no key of ssh. */
export const LOCKED = '*';

/** What Debian's adduser chooses from. */
const FIRST = 1000;
const LAST = 59999;

/** The lowest one that is neither a user's nor a group's; undefined where all are taken. */
export function freeId(...tables: readonly Table[]): number | undefined {
  const taken = new Set(
    tables.flatMap((table) =>
      table.filter((line) => nameOf(line) !== undefined).map((line) => Number(line[ID])),
    ),
  );
  for (let id = FIRST; id <= LAST; id += 1) if (!taken.has(id)) return id;
  return undefined;
}

export function isLocked(field: string): boolean {
  return /^[*!]/.test(field);
}

/** The accounts of a passwd or shadow file that take any password for a login. */
export function openAccounts(table: Table): string[] {
  return namesIn(table.filter((line) => line[PASSWORD] === ''));
}
