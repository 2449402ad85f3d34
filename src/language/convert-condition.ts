/** `start on` and `stop on` in the other kind of Upstart. */
import type { Condition, Match, Operand } from '../model/condition.ts';
import { compileCondition } from './compile-condition.ts';
import { type Conversion, refuseAt, stanzasNamed, warnAt } from './conversion.ts';
import { knownEvent, modernName, ONLY_OLD, oldName } from './convert-events.ts';
import type { Token } from './cursor.ts';
import { quoted } from './raise.ts';
import type { ConditionNode, MatchNode } from './syntax.ts';

type Words = 'start on' | 'stop on';

/** The alternatives of event.d as one expression. */
export function conditionFromOld(conversion: Conversion, words: Words): Condition | undefined {
  const matches = stanzasNamed(conversion, words).flatMap(({ body }) => {
    if (body.kind !== 'arguments') return [];
    const [event, ...values] = body.arguments.flat().filter((one) => one !== undefined);
    return event === undefined ? [] : [matchFromOld(conversion, event, values)];
  });
  return anyOf(matches);
}

/** The expression as alternatives of event.d, of which each has a line of its own. */
export function conditionToOld(conversion: Conversion, words: Words): Condition | undefined {
  const field = words === 'start on' ? conversion.job.startOn : conversion.job.stopOn;
  // Of several stanzas the last one counts; `manual` may have made the job forget it.
  const node = stanzasNamed(conversion, words).at(-1);
  if (field === undefined || node?.body.kind !== 'condition') return undefined;
  const alternatives = [...alternativesOf(conversion, node.body.condition)];
  return anyOf(alternatives.map((match) => matchToOld(conversion, match)));
}

function anyOf([first, ...others]: readonly Match[]): Condition | undefined {
  if (first === undefined) return undefined;
  return others.reduce<Condition>((left, right) => ({ kind: 'or', left, right }), first);
}

function* alternativesOf(conversion: Conversion, node: ConditionNode): Generator<MatchNode> {
  if (node.kind === 'match') {
    yield node;
    return;
  }
  if (node.kind === 'and') {
    refuseAt(conversion, node.operator, '`and`', 'its events are alternatives, one a line');
  }
  yield* alternativesOf(conversion, node.left);
  yield* alternativesOf(conversion, node.right);
}

function matchFromOld(conversion: Conversion, event: Token, values: readonly Token[]): Match {
  const known = knownEvent(event.text);
  if (ONLY_OLD.includes(event.text)) warnAboutEvent(conversion, event);
  const operands: Operand[] = [];
  for (const [index, token] of values.entries()) {
    const name = known?.old[index];
    const value = token.text;
    if (known !== undefined && name === undefined) {
      refuseAt(conversion, token, `${quoted(event.text)} has no more arguments than these`);
    } else if (value.includes('$')) {
      refuseAt(conversion, token, 'a value with `$` would be expanded there');
    } else if (name !== undefined && name !== 'JOB') {
      operands.push({ name, negated: false, value });
    } else if (value.includes('=')) {
      refuseAt(conversion, token, 'a value with `=` would be the name of a variable there');
    } else {
      operands.push({ negated: false, value });
    }
  }
  return { kind: 'match', event: modernName(event.text), operands };
}

function warnAboutEvent(conversion: Conversion, event: Token): void {
  warnAt(conversion, event, {
    code: 'event-not-emitted',
    message: `Upstart 1.x never emits ${quoted(event.text)} by itself`,
    hint: event.text === 'shutdown' ? 'a shutdown is `runlevel [016]` there' : undefined,
  });
}

function matchToOld(conversion: Conversion, node: MatchNode): Match {
  const match = compileCondition(node) as Match;
  const known = knownEvent(match.event);
  const values: (string | undefined)[] = [];
  for (const [index, operand] of match.operands.entries()) {
    const token = node.operands[index] ?? node.event;
    const name = operand.name ?? known?.modern[index];
    const at = known === undefined ? index : known.old.indexOf(name ?? '');
    if (operand.negated) {
      refuseAt(conversion, token, '`!=`', 'a pattern such as `[!2345]` can say what not to match');
    } else if (operand.value.includes('$')) {
      refuseAt(conversion, token, 'a value with `$` is not expanded there');
    } else if (at < 0 || (known === undefined && operand.name !== undefined)) {
      const what = name === undefined ? quoted(token.text) : `the variable ${quoted(name)}`;
      refuseAt(conversion, token, `${what} of ${quoted(match.event)} is none of its arguments`);
    } else if (values[at] !== undefined) {
      refuseAt(conversion, token, `two patterns for ${quoted(name ?? '')}`);
    } else {
      values[at] = operand.value;
    }
  }
  // What was not asked for is anything.
  const operands = Array.from(values, (value = '*') => ({ negated: false, value }));
  return { kind: 'match', event: oldName(match.event), operands };
}
