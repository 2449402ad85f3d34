import type { Dialect } from '../../model/job.ts';
import { CONSOLE_STANZAS } from './console.ts';
import { DOMAIN_STANZAS } from './domain.ts';
import { EVENT_STANZAS } from './events.ts';
import { FILE_STANZAS } from './files.ts';
import { IMAGE_STANZAS } from './image.ts';
import { IMAGE_DISK_STANZAS } from './image-disk.ts';
import { IMAGE_SYSTEM_STANZAS } from './image-system.ts';
import { INFO_STANZAS } from './info.ts';
import { LIMIT_STANZAS } from './limits.ts';
import { PROCESS_STANZAS } from './processes.ts';
import { EVERY, type Stanza } from './stanza.ts';
import { VENDOR_STANZAS } from './vendors.ts';
import { XEN_STANZAS } from './xen.ts';

interface StanzaGroup {
  readonly title: string;
  readonly stanzas: readonly Stanza[];
}

/** Every stanza of every dialect, in the order in which the manual tells them. */
export const STANZA_GROUPS: readonly StanzaGroup[] = [
  { title: 'What a job says about itself', stanzas: INFO_STANZAS },
  { title: 'Events and variables', stanzas: EVENT_STANZAS },
  { title: 'Processes', stanzas: PROCESS_STANZAS },
  { title: 'The surroundings of processes', stanzas: LIMIT_STANZAS },
  { title: 'Output and the console', stanzas: CONSOLE_STANZAS },
  {
    title: 'The image',
    stanzas: [...IMAGE_STANZAS, ...IMAGE_DISK_STANZAS, ...IMAGE_SYSTEM_STANZAS],
  },
  { title: 'The domain and its guest', stanzas: [...DOMAIN_STANZAS, ...XEN_STANZAS] },
  { title: 'Files in and out', stanzas: FILE_STANZAS },
  { title: 'Of one vendor only', stanzas: VENDOR_STANZAS },
];

export const STANZAS: readonly Stanza[] = STANZA_GROUPS.flatMap(({ stanzas }) => stanzas);

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

/** Vendors whose Upstart has stanzas that no other has, by their dialect. */
export const VENDORS: Readonly<Partial<Record<Dialect, string>>> = { chromeos: 'ChromiumOS' };
