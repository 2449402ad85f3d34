import { type Cursor, peek, skipIndent, skipLine } from './cursor.ts';
import { parseStanza } from './parse-stanza.ts';
import { recover } from './recover.ts';
import type { JobNode, StanzaNode } from './syntax.ts';

/** A file with more errors than this is not a job file, and nobody reads on. */
export const MOST_ERRORS = 200;

/** All stanzas up to the cursor's end. After an error it goes on with the next line. */
export function parseStanzas(cursor: Cursor): JobNode {
  const stanzas: StanzaNode[] = [];
  const failed = new Set<string>();
  while (!cursor.stopped) {
    skipIndent(cursor);
    const next = peek(cursor);
    if (next === '') break;
    if (next === '#' || next === '\n') {
      skipLine(cursor);
      continue;
    }
    const from = cursor.at;
    const { node, words, script = false } = parseStanza(cursor);
    if (node !== undefined) {
      stanzas.push(node);
      continue;
    }
    failed.add(words);
    if (cursor.diagnostics.length > MOST_ERRORS) cursor.stopped = true;
    recover(cursor, { from, script });
  }
  return { dialect: cursor.dialect, stanzas, failed };
}
