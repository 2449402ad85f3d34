/** The keys of xl.cfg that have a stanza of their own; every other one is `domain set KEY VALUE`. */

export interface KeyRow {
  readonly words: string;
  /** Each item of its list is one stanza. */
  readonly list: boolean;
}

const one = (words: string): KeyRow => ({ words, list: false });
const each = (words: string): KeyRow => ({ words, list: true });

const KEYS: ReadonlyMap<string, KeyRow> = new Map([
  ['name', one('domain name')],
  ['type', one('domain type')],
  ['kernel', one('domain kernel')],
  ['ramdisk', one('domain ramdisk')],
  ['root', one('domain root')],
  ['extra', one('domain extra')],
  ['memory', one('domain memory')],
  ['vcpus', one('domain vcpus')],
  // How older configs say `type`; see import-config.ts.
  ['builder', one('domain type')],
  ['vif', each('domain vif')],
  ['disk', each('domain disk')],
  ['pci', each('domain pci')],
]);

export function keyRow(key: string): KeyRow | undefined {
  return KEYS.get(key);
}

export function stanzaOfKey(key: string): string | undefined {
  return KEYS.get(key)?.words;
}
