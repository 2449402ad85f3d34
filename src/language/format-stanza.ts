import type { Token } from './cursor.ts';
import type { ConditionNode, StanzaNode } from './syntax.ts';

/** A stanza in order, without the indentation of what it stands in. */
export interface StanzaLines {
  /** Its line, or its first one, with a comment behind it. May run over several lines. */
  readonly first: string;
  readonly inner:
    | { readonly kind: 'nothing' }
    /** The lines of a script: without their common indentation, and as they are in the file. */
    | {
        readonly kind: 'script';
        readonly lines: readonly string[];
        readonly source: readonly string[];
      }
    | { readonly kind: 'guest'; readonly from: number; readonly to: number };
  /** The line that closes a block. */
  readonly last?: string;
  /** Where the next line begins, or the next stanza on the same line. */
  readonly end: number;
}

export function formatStanza(text: string, node: StanzaNode): StanzaLines {
  const { body, from, to, words } = node;
  const head = splitAtBlanks(codeAt(text, words));
  if (body.kind === 'script') {
    const { script } = body;
    return {
      first: formatLine(text, {
        from,
        to: script.from,
        code: head,
        behind: endOfCode(text, words),
      }),
      inner: {
        kind: 'script',
        lines: linesOf(script.text),
        source: linesOf(text.slice(script.from, script.to)),
      },
      last: formatEnd(text, { from: script.to, to }),
      end: to,
    };
  }
  if (body.kind === 'guest') {
    const code = [...head, body.name.text];
    return {
      first: formatLine(text, { from, to: body.from, code, behind: endOfCode(text, body.name) }),
      inner: { kind: 'guest', from: body.from, to: body.to },
      last: formatEnd(text, { from: body.to, to }),
      end: to,
    };
  }
  const end = endOf(text, node);
  const { code, behind } = codeOf(text, node);
  const first = formatLine(text, { from, to: end, code: [...head, ...code], behind });
  return { first, inner: { kind: 'nothing' }, end };
}

interface Place {
  readonly from: number;
  readonly to: number;
}

interface Code {
  /** To be divided by one blank each. */
  readonly code: readonly string[];
  /** Where the last of it ends in the file: behind it stand blanks and a comment. */
  readonly behind: number;
}

/** Blanks, and lines joined by a backslash that hold nothing else. */
const NOTHING = /(?:[ \t\r\0]|\\\n)*/y;

/**
 * The code of a line, and its comment in the column where it was, if there is room. What runs over
 * several lines stays as it is.
 */
function formatLine(text: string, { from, to, code, behind }: Place & Code): string {
  const end = text[to - 1] === '\n' ? to - 1 : to;
  if (text.slice(from, behind).includes('\n')) return trimEnd(text.slice(from, end));
  const line = code.join(' ');
  NOTHING.lastIndex = behind;
  NOTHING.test(text);
  const at = NOTHING.lastIndex;
  if (at >= end) return line;
  const column = text.slice(behind, at).includes('\n') ? 0 : at - from;
  return line.padEnd(column).padEnd(line.length + 1) + trimEnd(text.slice(at, end));
}

const BLOCK_END = /[ \t\r\0]*(end)[ \t\r\0]+(script|guest)/y;

/** `end script` or `end guest`, and the comment behind it. */
function formatEnd(text: string, { from, to }: Place): string {
  BLOCK_END.lastIndex = from;
  const [, end = '', block = ''] = BLOCK_END.exec(text) ?? [];
  const start = text.indexOf(end, from);
  return formatLine(text, { from: start, to, code: [end, block], behind: BLOCK_END.lastIndex });
}

/** What stands behind the words of a stanza of one line. */
function codeOf(text: string, { to, words, body }: StanzaNode): Code {
  switch (body.kind) {
    case 'arguments':
      return tokensCode(
        text,
        words,
        body.arguments.flat().filter((one) => one !== undefined),
      );
    case 'command':
      return tokensCode(text, words, [body.command]);
    case 'condition': {
      const several = text.slice(words.to, to - 1).includes('\n');
      if (several) return { code: [], behind: to };
      return conditionCode(text, words, tokensOf(body.condition));
    }
    case 'script':
    case 'guest':
      return tokensCode(text, words, []);
  }
}

function tokensCode(text: string, words: Place, tokens: readonly Token[]): Code {
  const code = tokens.map((token) => codeAt(text, token));
  return { code, behind: endOfCode(text, tokens.at(-1) ?? words) };
}

function codeAt(text: string, token: Place): string {
  return text.slice(token.from, endOfCode(text, token));
}

/** A token goes up to what ends it, past blanks and past lines that are joined to it but empty. */
function endOfCode(text: string, { from, to }: Place): number {
  let end = from + trimEnd(text.slice(from, to)).length;
  while (text[end - 1] === '\n') end = from + trimEnd(text.slice(from, end - 2)).length;
  return end;
}

/** Where a stanza's words, arguments, command or script stand, in the order of the file. */
export function placesOf({ words, body }: StanzaNode): readonly Place[] {
  switch (body.kind) {
    case 'arguments':
      return [words, ...body.arguments.flat().filter((one) => one !== undefined)];
    case 'condition':
      return [words, ...tokensOf(body.condition)];
    case 'command':
      return [words, body.command];
    case 'script':
      return [words, body.script];
    case 'guest':
      return [words, body.name, body];
  }
}

/** Events, operands and operators in the order of the file. */
function tokensOf(node: ConditionNode): readonly Token[] {
  if (node.kind === 'match') return [node.event, ...node.operands];
  return [...tokensOf(node.left), node.operator, ...tokensOf(node.right)];
}

/** The parentheses stand between the tokens; they need no blanks on their inner sides. */
function conditionCode(text: string, words: Place, tokens: readonly Token[]): Code {
  let code = '';
  let at = words.to;
  for (const { from, to } of tokens) {
    const { closing, opening } = parenthesesOf(text.slice(at, from));
    code += `${closing} ${opening}${text.slice(from, to)}`;
    at = to;
  }
  const rest = /[ \t\r\0)]*/y;
  rest.lastIndex = at;
  const { closing } = parenthesesOf(rest.exec(text)?.[0] ?? '');
  return { code: [code.replace(/^ /, '') + closing], behind: rest.lastIndex };
}

function parenthesesOf(gap: string): { readonly closing: string; readonly opening: string } {
  return { closing: gap.replaceAll(/[^)]/g, ''), opening: gap.replaceAll(/[^(]/g, '') };
}

/** `manual` and `debug` end before what follows them on their line, unless it is a comment. */
function endOf(text: string, { to, stanza }: StanzaNode): number {
  if (stanza.form.kind !== 'arguments' || stanza.form.end === 'line') return to;
  const rest = /(?:#[^\n]*)?(?:\n|$)/y;
  rest.lastIndex = to;
  return rest.test(text) ? rest.lastIndex : to;
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function splitAtBlanks(text: string): readonly string[] {
  return text.split(/[ \t\r\0]+/);
}

/** Without the white space at the end, unless a backslash makes its first character count. */
function trimEnd(text: string): string {
  const length = lengthWithout(text, ' \t\r\0');
  const backslashes = length - lengthWithout(text.slice(0, length), '\\');
  return text.slice(0, backslashes % 2 === 0 ? length : length + 1);
}

/** The length without those characters at the end, in linear time. */
export function lengthWithout(text: string, characters: string): number {
  let length = text.length;
  while (length > 0 && characters.includes(text[length - 1] ?? '')) length -= 1;
  return length;
}
