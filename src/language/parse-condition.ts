/**
 * `start on` and `stop on` (UPSTART.md, section 6). Upstart reads them with a stack of items and
 * a current root; the same is done here, so that every error is noticed where Upstart notices it.
 * `and` and `or` are of equal rank and group to the left.
 */
import { type Cursor, hasToken, peek, skipBlanks, skipLine, type Token } from './cursor.ts';
import { quoted, raise } from './raise.ts';
import { readToken } from './read-token.ts';
import { skipParentheses } from './recover.ts';
import { positionOf } from './source.ts';
import type { ConditionNode, MatchNode } from './syntax.ts';

/** Deep enough for any real job, shallow enough for those who walk the tree by recursion. */
export const DEEPEST = 1000;
const MOST_OPEN = 100_000;

interface OpenMatch {
  readonly kind: 'match';
  readonly event: Token;
  readonly operands: Token[];
}

interface OpenOperator {
  readonly kind: 'operator';
  readonly token: Token;
  readonly left: Tree;
}

interface Marker {
  readonly kind: 'marker';
  readonly token: Token;
}

interface Tree {
  readonly node: ConditionNode;
  readonly depth: number;
}

interface State {
  readonly stack: (OpenMatch | OpenOperator | Marker)[];
  root: Tree | undefined;
  /** Open parentheses. */
  open: number;
}

export function parseCondition(cursor: Cursor): ConditionNode | undefined {
  const state: State = { stack: [], root: undefined, open: 0 };
  const condition = readCondition(cursor, state);
  if (condition === undefined) skipParentheses(cursor, state.open);
  return condition;
}

function readCondition(cursor: Cursor, state: State): ConditionNode | undefined {
  if (!hasToken(cursor)) return raiseNothing(cursor, 'an event is missing');
  for (;;) {
    if (!hasToken(cursor)) {
      if (state.open === 0 || peek(cursor) === '') break;
      skipLine(cursor);
      skipBlanks(cursor);
      if (peek(cursor) === '') break;
      if (!hasToken(cursor)) {
        return raiseNothing(cursor, 'a line inside parentheses must begin with a word');
      }
    }
    if (!readItem(cursor, state)) return undefined;
  }
  const here = { from: cursor.at, to: cursor.at, text: '' };
  if (!collect(cursor, state, here)) return undefined;
  const unclosed = state.stack.at(-1);
  if (unclosed?.kind === 'marker') return raiseUnclosed(cursor, unclosed.token);
  return state.root?.node;
}

function readItem(cursor: Cursor, state: State): true | undefined {
  const next = peek(cursor);
  if (next === '(' || next === ')') {
    const token = { from: cursor.at, to: cursor.at + 1, text: next };
    cursor.at += 1;
    skipBlanks(cursor);
    return next === '(' ? openParenthesis(cursor, state, token) : close(cursor, state, token);
  }
  const from = cursor.at;
  const word = readToken(cursor, { as: 'operand', raw: true });
  if (word === undefined) return undefined;
  if (word.text === 'and' || word.text === 'or') return operator(cursor, state, word);
  const plain = word.text.length === word.to - word.from && !/["'\\]/.test(word.text);
  if (plain) return operand(cursor, state, word);
  cursor.at = from;
  const token = readToken(cursor, { as: 'operand' });
  return token && operand(cursor, state, token);
}

function openParenthesis(cursor: Cursor, state: State, token: Token): true | undefined {
  if (state.root !== undefined || state.stack.at(-1)?.kind === 'match') {
    return raiseExpectedOperator(cursor, token, token);
  }
  state.stack.push({ kind: 'marker', token });
  state.open += 1;
  return state.open > MOST_OPEN ? raiseTooDeep(cursor, token) : true;
}

function close(cursor: Cursor, state: State, token: Token): true | undefined {
  if (!collect(cursor, state, token)) return undefined;
  if (state.stack.pop() === undefined) {
    return raise(cursor, {
      code: 'mismatched-parentheses',
      message: 'Mismatched parentheses: nothing was opened here',
      from: token.from,
      to: token.to,
    });
  }
  state.open -= 1;
  return true;
}

function operator(cursor: Cursor, state: State, token: Token): true | undefined {
  if (!collect(cursor, state, token) || state.root === undefined) return undefined;
  state.stack.push({ kind: 'operator', token, left: state.root });
  state.root = undefined;
  return true;
}

function operand(cursor: Cursor, state: State, token: Token): true | undefined {
  const top = state.stack.at(-1);
  if (top?.kind !== 'match') {
    state.stack.push({ kind: 'match', event: token, operands: [] });
    return true;
  }
  const previous = top.operands.at(-1);
  if (previous?.text.includes('=') && !token.text.includes('=')) {
    return raise(cursor, {
      code: 'expected-variable-name',
      message: `Expected variable name before value: ${quoted(token.text)} follows ${quoted(previous.text)}`,
      hint: 'values without a name come first; or is `and` or `or` missing before it?',
      from: token.from,
      to: token.to,
    });
  }
  top.operands.push(token);
  return true;
}

/** Joins what stands on the stack, down to the last open parenthesis, to one root. */
function collect(cursor: Cursor, state: State, noticed: Token): true | undefined {
  for (;;) {
    const item = state.stack.at(-1);
    if (item === undefined || item.kind === 'marker') break;
    if (item.kind === 'match') {
      if (state.root !== undefined) return raiseExpectedOperator(cursor, noticed, item.event);
      const node: MatchNode = item;
      state.root = { node, depth: 1 };
    } else {
      if (state.root === undefined) return raiseExpectedEvent(cursor, noticed);
      const root = combine(item, state.root);
      if (root.depth > DEEPEST) return raiseTooDeep(cursor, item.token);
      state.root = root;
    }
    state.stack.pop();
  }
  return state.root === undefined ? raiseExpectedEvent(cursor, noticed) : true;
}

function combine({ token, left }: OpenOperator, right: Tree): Tree {
  const kind = token.text === 'and' ? 'and' : 'or';
  const node: ConditionNode = { kind, operator: token, left: left.node, right: right.node };
  return { node, depth: Math.max(left.depth, right.depth) + 1 };
}

function raiseNothing(cursor: Cursor, why: string): undefined {
  const { at } = cursor;
  return raise(cursor, {
    code: 'expected-token',
    message: `Expected token: ${why}`,
    from: at,
    to: at,
  });
}

function raiseExpectedEvent(cursor: Cursor, noticed: Token): undefined {
  const found = noticed.text === '' ? 'the end of the line' : quoted(noticed.text);
  return raise(cursor, {
    code: 'expected-event',
    message: `Expected event: found ${found}`,
    from: noticed.from,
    to: noticed.to,
  });
}

/** Points at what lacks its operator, unless Upstart noticed it on a later line. */
function raiseExpectedOperator(cursor: Cursor, noticed: Token, culprit: Token): undefined {
  const line = (offset: number) => positionOf(cursor.source, offset).line;
  const { from, to } = line(culprit.from) === line(noticed.from) ? culprit : noticed;
  return raise(cursor, {
    code: 'expected-operator',
    message: `Expected operator: \`and\` or \`or\` is missing before ${quoted(culprit.text)}`,
    hint: 'a parenthesis that belongs to a value must stand in quotes',
    from,
    to,
  });
}

function raiseUnclosed(cursor: Cursor, opened: Token): undefined {
  const { line, column } = positionOf(cursor.source, opened.from);
  cursor.stopped = true;
  return raise(cursor, {
    code: 'mismatched-parentheses',
    message: `Mismatched parentheses: the one at line ${line}, column ${column} is never closed`,
    hint: 'everything behind it was read as part of the expression',
    from: cursor.at,
    to: cursor.at,
    related: { message: 'opened here', at: opened },
  });
}

function raiseTooDeep(cursor: Cursor, { from, to }: Token): undefined {
  return raise(cursor, {
    code: 'condition-too-deep',
    message: `Expression too deep: more than ${DEEPEST} operators or ${MOST_OPEN} parentheses nest`,
    from,
    to,
  });
}
