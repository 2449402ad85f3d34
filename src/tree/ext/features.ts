/** Features that a reader must know, from the lowest bit on, by the names that mke2fs has for them. */
const NAMES = [
  'compression',
  'filetype',
  'needs_recovery',
  'journal_dev',
  'meta_bg',
  undefined,
  'extent',
  '64bit',
  'mmp',
  'flex_bg',
  'ea_inode',
  undefined,
  'dirdata',
  'metadata_csum_seed',
  'large_dir',
  'inline_data',
  'encrypt',
  'casefold',
] as const;

const NOT_READ = new Set(['compression', 'journal_dev', 'dirdata', 'inline_data', 'encrypt']);

/** Those of a set of incompatible features that are not read here. */
export function unreadFeatures(incompatible: number): string[] {
  return Array.from({ length: 32 }, (_, bit) => ({ bit, name: NAMES[bit] }))
    .filter(({ bit }) => ((incompatible >>> bit) & 1) === 1)
    .filter(({ name }) => name === undefined || NOT_READ.has(name))
    .map(({ bit, name }) => name ?? `0x${(2 ** bit).toString(16)}`);
}
