/**
 * What JavaScript's regular expressions have and RE2's do not (RE2's wiki, Syntax): with it the
 * time for one line could grow without bound, and the line is the guest's.
 */
const TOKEN =
  /(?<ahead>\(\?<?[=!])|(?<back>\\(?:k<|[1-9]))|(?<property>\\[pP]\{(?![A-Z][a-z]?\})[^}]*\})|\{(?<least>\d+)(?:,(?<most>\d*))?\}|\[(?:\\.|[^\]\\])*\]|\\./gsu;

/** RE2's own bound. */
const MOST_REPEATS = 1000;

/** Why a regular expression, sound in JavaScript, cannot be matched in linear time. */
export function nonLinearPart(pattern: string): string | undefined {
  for (const [text, ...rest] of pattern.matchAll(TOKEN)) {
    const [ahead, back, property, least = '0', most = '0'] = rest;
    if (ahead !== undefined) return `look-around (${text}…)`;
    if (back !== undefined) return `a back reference (${text}…)`;
    if (property !== undefined)
      return `a property other than a category as \\p{Lu} is one (${text})`;
    if (Math.max(Number(least), Number(most)) > MOST_REPEATS) {
      return `more than ${MOST_REPEATS} repeats (${text})`;
    }
  }
  return undefined;
}
