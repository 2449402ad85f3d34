/** A parsed xl.cfg: what stands where. Every node has its offsets, from inclusive to exclusive. */
import type { Token } from '../cursor.ts';

export type ValueNode = TextNode | NumberNode | ListNode;

interface TextNode extends Token {
  readonly kind: 'text';
}

interface NumberNode extends Token {
  readonly kind: 'number';
  /** Absent where xl has no way to write it (`-1`) or it is too large to be exact. */
  readonly value?: number;
}

export interface ListNode {
  readonly kind: 'list';
  readonly from: number;
  readonly to: number;
  readonly items: readonly ValueNode[];
}

export interface AssignmentNode {
  readonly key: Token;
  readonly operator: '=' | '+=';
  readonly value: ValueNode;
  /** Those since the assignment before it, and those inside and behind it; text without `#`. */
  readonly comments: readonly Token[];
}

/**
 * plain    assignments only, which xl or the old xm would read
 * program  Python: its values are known only when it runs
 * broken   something else is wrong with it
 */
export type ConfigKind = 'plain' | 'program' | 'broken';

export interface ConfigNode {
  readonly kind: ConfigKind;
  readonly assignments: readonly AssignmentNode[];
  /** Behind the last assignment. */
  readonly comments: readonly Token[];
}
