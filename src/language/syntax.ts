/** A parsed file: what stands where. Every node has its offsets, from inclusive to exclusive. */
import type { Dialect } from '../model/job.ts';
import type { Token } from './cursor.ts';
import type { Source } from './source.ts';
import type { Stanza } from './stanzas/stanza.ts';

export interface MatchNode {
  readonly kind: 'match';
  readonly event: Token;
  readonly operands: readonly Token[];
}

interface CombinationNode {
  readonly kind: 'and' | 'or';
  readonly operator: Token;
  readonly left: ConditionNode;
  readonly right: ConditionNode;
}

export type ConditionNode = MatchNode | CombinationNode;

/** An argument, with the value that its type read from its text. */
export interface ArgumentNode extends Token {
  readonly value: unknown;
}

export type StanzaBody =
  /** One entry an argument of the row; a list where the argument repeats. */
  | {
      readonly kind: 'arguments';
      readonly arguments: readonly (ArgumentNode | readonly ArgumentNode[] | undefined)[];
    }
  | { readonly kind: 'condition'; readonly condition: ConditionNode }
  | { readonly kind: 'command'; readonly command: Token }
  /** The lines of a script; `text` has the common indentation removed. */
  | { readonly kind: 'script'; readonly script: Token }
  /** The lines between `guest NAME` and `end guest`, parsed once its dialect is known. */
  | { readonly kind: 'guest'; readonly name: Token; readonly from: number; readonly to: number };

export interface StanzaNode {
  readonly stanza: Stanza;
  readonly from: number;
  readonly to: number;
  /** Its name: `kill timeout`. */
  readonly words: { readonly from: number; readonly to: number };
  readonly body: StanzaBody;
}

export interface JobNode {
  readonly dialect: Dialect;
  readonly stanzas: readonly StanzaNode[];
  /** The words of stanzas that have an error, as far as they are known: they are not missing. */
  readonly failed: ReadonlySet<string>;
}

/** One text of a job, for those who look at places: warnings, `sh -n`. */
export interface JobSyntax {
  readonly source: Source;
  readonly node: JobNode;
  /** What stands between `guest NAME` and `end guest`. */
  readonly guest?: JobNode;
}
