import { changeLines, type Table, withField } from './table.ts';

/** Of group(5) and of gshadow(5). */
const MEMBERS = 3;

export function withMember(table: Table, group: string, user: string): Table {
  return changeLines(table, group, (line) => {
    const filled = [...line, ...Array<string>(Math.max(0, MEMBERS + 1 - line.length)).fill('')];
    const members = (filled[MEMBERS] ?? '').split(',').filter(Boolean);
    return members.includes(user) ? line : withField(filled, MEMBERS, [...members, user].join(','));
  });
}
