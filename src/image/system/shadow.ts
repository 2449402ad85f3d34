import { IN_SHADOW, LOCKED, PASSWORD } from './passwd.ts';
import {
  addLine,
  changeLines,
  findLine,
  type Line,
  nameOf,
  type Table,
  withField,
} from './table.ts';

const CHANGED = 2;
const FIELDS = 9;

/** A line with its password, without a limit to how old that gets. */
export function shadowLine(name: string, password: string, day: string): Line {
  return [name, password, day, '0', '99999', '7', '', '', ''];
}

/** The password of an account, whether it has a line or not. */
export function withPassword(shadow: Table, name: string, password: string): Table {
  const day = newestDay(shadow);
  if (findLine(shadow, name) === undefined) return addLine(shadow, shadowLine(name, password, day));
  return changeLines(shadow, name, (line) => {
    const filled = [...line, ...Array<string>(Math.max(0, FIELDS - line.length)).fill('')];
    return withField(withField(filled, PASSWORD, password), CHANGED, day);
  });
}

/** What a system without a shadow file has in its passwd, taken out of there (pwconv(8)). */
export function shadowOf(passwd: Table): Table {
  return passwd
    .filter((line) => nameOf(line) !== undefined)
    .map(([name = '', password = '']) => {
      const hidden = password === '' || password === IN_SHADOW;
      return shadowLine(name, hidden ? LOCKED : password, '1');
    });
}

/**
 * Days since 1970: when the newest of them was changed, so that the same root gives the same lines. 0
 * would ask for another password at the first login.
 */
export function newestDay(shadow: Table): string {
  const days = shadow.map((line) => Number(line[CHANGED])).filter(Number.isSafeInteger);
  return String(Math.max(1, ...days));
}
