/** Bytes, as Linux has it. */
const LONGEST = 64;

/** A name that a host may have (hostname(7)), as near as can be to what is asked for. */
export function hostName(text: string): string {
  const name = text
    .replace(/[^A-Za-z0-9.-]/g, '-')
    .slice(0, LONGEST)
    .replace(/^[.-]+|[.-]+$/g, '')
    .replace(/\.{2,}/g, '.');
  return name === '' ? 'domstart' : name;
}
