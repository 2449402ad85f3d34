/**
 * fnmatch(3) without flags, as Upstart matches operands (UPSTART.md, section 9.1): `*` and `?`
 * match `/` and a leading dot too, `[a-z]`, `[!x]` and `[[:digit:]]` are sets, a backslash takes
 * the next character literally, and the whole text must match.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  // Where to go on when the rest does not match: the last `*` takes one character more. No
  // earlier star need be tried again, so the time is at most pattern × text.
  let star = -1;
  let starText = 0;
  for (;;) {
    if (pattern[p] === '*') {
      star = p++;
      starText = t;
      continue;
    }
    if (t === text.length) {
      return p === pattern.length;
    }
    const step = p < pattern.length ? one(pattern, p, text[t] as string) : undefined;
    if (step?.matched) {
      p = step.next;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      t = ++starText;
    } else {
      return false;
    }
  }
}

interface Step {
  readonly matched: boolean;
  /** Behind the element of the pattern. */
  readonly next: number;
}

function one(pattern: string, p: number, character: string): Step {
  const element = pattern[p] as string;
  switch (element) {
    case '?':
      return { matched: true, next: p + 1 };
    case '[':
      return set(pattern, p, character) ?? { matched: character === '[', next: p + 1 };
    case '\\': {
      // A backslash at the very end matches nothing, as in glibc.
      const literal = pattern[p + 1];
      return { matched: literal === character, next: p + 2 };
    }
    default:
      return { matched: element === character, next: p + 1 };
  }
}

/** A bracket expression at `p`; undefined where it is not closed, which makes `[` literal. */
function set(pattern: string, p: number, character: string): Step | undefined {
  let at = p + 1;
  const negated = pattern[at] === '!' || pattern[at] === '^';
  if (negated) at += 1;
  let matched = false;
  for (let first = true; ; first = false) {
    const low = pattern[at];
    if (low === undefined) return undefined;
    if (low === ']' && !first) return { matched: matched !== negated, next: at + 1 };
    const name = low === '[' ? /^\[:([a-z]+):\]/.exec(pattern.slice(at, at + 12)) : null;
    if (name !== null) {
      matched ||= classes[name[1] as string]?.test(character) ?? false;
      at += name[0].length;
      continue;
    }
    const from = element(pattern, at);
    if (from === undefined) return undefined;
    at = from.next;
    let to = from;
    if (pattern[at] === '-' && pattern[at + 1] !== undefined && pattern[at + 1] !== ']') {
      const end = element(pattern, at + 1);
      if (end === undefined) return undefined;
      to = end;
      at = end.next;
    }
    matched ||= from.character <= character && character <= to.character;
  }
}

function element(pattern: string, at: number): { character: string; next: number } | undefined {
  const escaped = pattern[at] === '\\';
  const character = pattern[escaped ? at + 1 : at];
  return character === undefined ? undefined : { character, next: at + (escaped ? 2 : 1) };
}

const classes: Readonly<Record<string, RegExp>> = {
  alnum: /[A-Za-z0-9]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /\s/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};
