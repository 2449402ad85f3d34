/** One step to the right: the lines of a script, the stanzas of a guest. */
export const INDENT = '    ';

export interface BlockOptions {
  /** What opens it: `pre-start script`. */
  readonly words: string;
  /** White space before the block's own first and last line. */
  readonly indent: string;
}

/**
 * A script with its first and last line. When it is read, the white space that all of its lines
 * begin with is removed; a line that is empty prevents that, so then the lines stay as they are.
 */
export function printScript(script: string, { words, indent }: BlockOptions): readonly string[] {
  const lines = script === '' ? [] : script.replace(/\n$/, '').split('\n');
  const inner = lines.includes('') ? '' : indent + INDENT;
  return [indent + words, ...lines.map((line) => inner + line), `${indent}end script`];
}
