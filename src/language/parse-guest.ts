import type { Cursor, Token } from './cursor.ts';
import { guestEnd } from './parse-block.ts';
import { raise } from './raise.ts';
import { endLine, readToken } from './read-token.ts';
import type { StanzaBody } from './syntax.ts';

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/;

/** `guest NAME` and its lines, which are parsed later, when the guest's dialect is known. */
export function parseGuest(cursor: Cursor, words: Token): StanzaBody | undefined {
  const name = readToken(cursor, { as: 'word', missing: 'NAME' });
  if (name === undefined || !endLine(cursor)) return skipGuest(cursor);
  if (!NAME.test(name.text)) {
    raise(cursor, {
      code: 'illegal-argument',
      message: 'Illegal argument, expected a name of letters, digits, `.`, `_`, `+` and `-`',
      hint: "it becomes the name of a file in the guest's job folder",
      from: name.from,
      to: name.to,
    });
    return skipGuest(cursor);
  }
  const from = cursor.at;
  const end = guestEnd(cursor);
  if (end === undefined) return raiseUnterminated(cursor, { ...words, to: name.to });
  cursor.at = end.next;
  return { kind: 'guest', name, from, to: end.to };
}

/** Its lines are not stanzas of the file around it. */
function skipGuest(cursor: Cursor): undefined {
  const end = guestEnd(cursor);
  if (end !== undefined) cursor.at = end.next - 1;
}

function raiseUnterminated(cursor: Cursor, { from, to }: Token): undefined {
  cursor.stopped = true;
  cursor.at = cursor.end;
  return raise(cursor, {
    code: 'unterminated-block',
    message: 'Unterminated block: this guest has no `end guest`',
    hint: 'the words `end guest` must stand on a line of their own, outside of its scripts',
    from,
    to,
  });
}
