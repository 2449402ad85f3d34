/** A place in a text: offsets in UTF-16 units, lines and columns from 1, the end exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** What is wrong with a job file, where, and what to do about it. Job text never throws. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** Stable: `unknown-stanza`, `expected-token`, …; the manual lists them. */
  readonly code: string;
  readonly message: string;
  readonly span: Span;
  readonly hint?: string;
  /** Another place that explains this one: the quote that was opened, the parenthesis. */
  readonly related?: { readonly message: string; readonly span: Span };
}
