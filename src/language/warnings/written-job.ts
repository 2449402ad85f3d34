/** Jobs with their texts: what the rules about warnings look at. */
import { type Condition, type Match, matches } from '../../model/condition.ts';
import type { JobDefinition } from '../../model/job.ts';
import { compileCondition } from '../compile-condition.ts';
import type { Token } from '../cursor.ts';
import type { Problem } from '../raise.ts';
import type { ConditionNode, JobSyntax, StanzaNode } from '../syntax.ts';

/** One text of a job: its own file or its override. */
export interface JobText extends JobSyntax {
  readonly file: string;
}

export interface WrittenJob {
  readonly job: JobDefinition;
  /** In the order in which they are applied. */
  readonly texts: readonly JobText[];
}

export interface Place {
  readonly text: JobText;
  readonly from: number;
  readonly to: number;
}

export interface Warning extends Problem {
  readonly at: Place;
  /** In the same text. */
  readonly related?: { readonly message: string; readonly at: Place };
}

export interface LocatedStanza {
  readonly text: JobText;
  readonly node: StanzaNode;
}

/** Every stanza of the job, in the order in which they are applied. */
export function* stanzasOf({ texts }: WrittenJob): Generator<LocatedStanza> {
  for (const text of texts) {
    for (const node of text.node.stanzas) yield { text, node };
  }
}

/** The last stanza of these words: the one that counts. */
export function lastStanza(written: WrittenJob, ...words: string[]): LocatedStanza | undefined {
  for (const text of written.texts.toReversed()) {
    const node = text.node.stanzas.findLast(({ stanza }) => words.includes(stanza.words));
    if (node !== undefined) return { text, node };
  }
  return undefined;
}

/** The place of a stanza's words. */
export function placeOf({ text, node }: LocatedStanza): Place {
  return { text, from: node.words.from, to: node.words.to };
}

/** One event of `start on` or `stop on`, with its places. */
export interface Leaf {
  readonly match: Match;
  readonly at: Place;
  /** One for each operand. */
  readonly operands: readonly Place[];
}

export type ConditionName = 'start on' | 'stop on';

export const CONDITION_NAMES: readonly ConditionName[] = ['start on', 'stop on'];

/** The events that the job waits for, left to right; none where there is no such stanza. */
export function leavesOf(written: WrittenJob, name: ConditionName): Leaf[] {
  const condition = conditionOf(written, name);
  if (condition === undefined) return [];
  if (written.job.dialect === 'event.d') return oldLeaves(written, name, condition);
  const found = lastStanza(written, name);
  if (found === undefined || found.node.body.kind !== 'condition') return [];
  return Array.from(leafNodes(found.node.body.condition), ({ event, operands, node }) => ({
    match: compileCondition(node) as Match,
    at: { ...event, text: found.text },
    operands: operands.map(({ from, to }) => ({ text: found.text, from, to })),
  }));
}

export function conditionOf({ job }: WrittenJob, name: ConditionName): Condition | undefined {
  return name === 'start on' ? job.startOn : job.stopOn;
}

interface LeafNode {
  readonly event: Token;
  readonly operands: readonly Token[];
  readonly node: ConditionNode;
}

/** Left to right; a chain of a thousand nodes is as deep as it is long, so nothing recurses. */
function* leafNodes(root: ConditionNode): Generator<LeafNode> {
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.kind === 'match') yield { event: node.event, operands: node.operands, node };
    else open.push(node.right, node.left);
  }
}

/** In event.d each stanza is one event. */
function oldLeaves(written: WrittenJob, name: ConditionName, condition: Condition): Leaf[] {
  const nodes = Array.from(stanzasOf(written)).filter(({ node }) => node.stanza.words === name);
  return Array.from(matches(condition)).flatMap((match, index) => {
    const { text, node } = nodes[index] ?? {};
    if (text === undefined || node?.body.kind !== 'arguments') return [];
    const [event, ...operands] = node.body.arguments.flat();
    if (event === undefined) return [];
    const places = operands.flatMap((one) => (one ? [{ text, from: one.from, to: one.to }] : []));
    return [{ match, at: { text, from: event.from, to: event.to }, operands: places }];
  });
}
