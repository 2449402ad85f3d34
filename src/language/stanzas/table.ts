import type { Dialect } from '../../model/job.ts';
import { CONSOLE_STANZAS } from './console.ts';
import { DOMAIN_STANZAS } from './domain.ts';
import { EVENT_STANZAS } from './events.ts';
import { IMAGE_STANZAS } from './image.ts';
import { INFO_STANZAS } from './info.ts';
import { LIMIT_STANZAS } from './limits.ts';
import { PROCESS_STANZAS } from './processes.ts';
import { EVERY, type Stanza } from './stanza.ts';
import { UNAVAILABLE_STANZAS } from './unavailable.ts';

/** Every stanza of every dialect, in the order in which a manual would tell them. */
export const STANZAS: readonly Stanza[] = [
  ...INFO_STANZAS,
  ...EVENT_STANZAS,
  ...PROCESS_STANZAS,
  ...LIMIT_STANZAS,
  ...CONSOLE_STANZAS,
  ...IMAGE_STANZAS,
  ...DOMAIN_STANZAS,
  ...UNAVAILABLE_STANZAS,
];

/** Stanzas by their words: `kill` leads to `timeout` and `signal`. */
export interface WordNode {
  stanza?: Stanza;
  readonly next: Map<string, WordNode>;
}

function indexOf(dialect: Dialect): WordNode {
  const root: WordNode = { next: new Map() };
  for (const stanza of STANZAS) {
    if (!stanza.dialects.includes(dialect)) continue;
    let node = root;
    for (const word of stanza.words.split(' ')) {
      const next = node.next.get(word) ?? { next: new Map() };
      node.next.set(word, next);
      node = next;
    }
    node.stanza = stanza;
  }
  return root;
}

const INDEX = new Map(EVERY.map((dialect) => [dialect, indexOf(dialect)]));

export function stanzasOf(dialect: Dialect): WordNode {
  return INDEX.get(dialect) ?? { next: new Map() };
}

/** The dialects in which some stanza begins with that word. */
export function dialectsWith(word: string): readonly Dialect[] {
  return EVERY.filter((dialect) => stanzasOf(dialect).next.has(word));
}
