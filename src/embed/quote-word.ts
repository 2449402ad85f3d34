const PLAIN = /^[A-Za-z0-9_@%+:,./-]+$/;

/**
 * A word as sh and Upstart both read it, with nothing expanded. Upstart also sees a backslash
 * within single quotes, so a word with one stands in double quotes.
 */
export function quoteWord(word: string): string {
  if (PLAIN.test(word)) return word;
  if (!/['\\]/.test(word)) return `'${word}'`;
  return `"${word.replaceAll(/[\\"$`]/g, '\\$&')}"`;
}
