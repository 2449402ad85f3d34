/** What a quoted text stands for. */
import { quoted, raise } from '../raise.ts';
import type { XenCursor } from './scan.ts';

const SIMPLE: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\n': '',
};

const ESCAPE = /\\(?:x([0-9A-Fa-f]{2})|([0-7]{1,3})|(\r?\n|[\s\S]))/g;

/**
 * Escapes are C's, as in xl and in Python. An escape that neither knows stays as it is, as in
 * Python, with a warning: xl refuses the file.
 */
export function decodeText(
  cursor: XenCursor,
  { from, to }: { readonly from: number; readonly to: number },
): string {
  const body = cursor.source.text.slice(from, to);
  if (!body.includes('\\')) return body;
  return body.replaceAll(ESCAPE, (whole, hex, octal, simple, offset: number) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    const known = SIMPLE[simple === '\r\n' ? '\n' : simple];
    if (known !== undefined) return known;
    raise(cursor, {
      severity: 'warning',
      code: 'xen-unknown-escape',
      message: `Unknown escape: ${quoted(whole)} is left as it is; xl would refuse the file`,
      hint: 'write a backslash twice',
      from: from + offset,
      to: from + offset + whole.length,
    });
    return whole;
  });
}
