/**
 * Scripts that `sh -n` can read as parts of one script, so that the whole being well-formed means
 * that each of them is.
 *
 * Each stands inside a compound command of its own. Two things could make a broken script look
 * whole there: an open quotation or substitution that a later script closes, and a word that closes
 * the compound command early. So a script is batched only where neither can be: it is made of
 * nothing but plain words, operators, comments and closed quotations, which all shells read alike,
 * and has no word that closes the command around it. What it leaves open then takes the end of
 * that command for its own, and the whole stays open to its end.
 */

interface Enclosure {
  readonly start: string;
  readonly end: string;
  /** Code with this in it might end the command early, or go on in another of its parts. */
  readonly closer: RegExp;
}

/** A script may be one comment, which is no command: `:` is. Nothing but the end follows it. */
const ENCLOSURES: readonly Enclosure[] = [
  { start: '{\n:\n', end: '\n}\n', closer: /\}/ },
  { start: 'while :\ndo\n:\n', end: '\ndone\n', closer: /\bdone\b/ },
  { start: 'case x in\nx)\n:\n', end: '\n;;\nesac\n', closer: /\besac\b|;[;&|]/ },
  { start: 'if :\nthen\n:\n', end: '\nfi\n', closer: /\b(?:fi|else|elif)\b/ },
];

/** A longer one is worth a process of its own. */
const LONGEST = 65_536;

/** Parameters as nearly all are written: no quotation, comment or substitution in them. */
const PARAMETER =
  /\$\{#?(?:[A-Za-z0-9_]+|[@*#?!$-])(?:(?::?[-=+?]|##?|%%?)(?:[A-Za-z0-9_./:*=, -]|\$[A-Za-z0-9_])*)?\}/g;

/**
 * What shells read differently, or what has a syntax of its own: NUL, backquotes, here-documents,
 * the arithmetic, arrays and conditions of bash, other parameters; a parenthesis behind `$$`; what
 * continues on the next line with a comment mark or behind `$`.
 */
const UNUSUAL = /[\0`]|\$[{[]|<<|[<>=]\(|(?<!\$)\(\(|\[\[|\$\$\(|\\\n[ \t]*#|\$\\\n/;

/** In one line, without parentheses: `case` would bring some, and a comment might. */
const COMMAND = /\$\((?:(?!case)[^()'"\\#$\n]|\$(?![('])|'[^'\n]*'|"(?:[^"\\$\n]|\$(?!\())*")*\)/;
const ARITHMETIC = /\$\(\([A-Za-z0-9_$ +*/%-]*\)\)/;
const SUBSTITUTION = `${COMMAND.source}|${ARITHMETIC.source}`;

/**
 * One after the other they are the whole of a script. In code, `$'` is bash's other quotation. `#`
 * starts a comment only where a word starts, which is not behind an escape or a substitution.
 */
const PART = new RegExp(
  [
    /(?<comment>(?<![^ \t\n;&|()<>])#[^\n]*)/.source,
    /(?<joined>\\\n)/.source,
    /\\.#*/.source,
    /'[^']*'/.source,
    String.raw`"(?:[^"\\$]|\$(?!\()|\\.|${SUBSTITUTION})*"`,
    `(?:${SUBSTITUTION})#*`,
    /(?<code>\$(?!['(])|[^\\'"$#]+|#)/.source,
  ].join('|'),
  'sy',
);

/** The script as a part of a larger one; nothing where it has to be read alone. */
export function enclose(script: string): string | undefined {
  const code = codeOf(script);
  if (code === undefined) return undefined;
  const enclosure = ENCLOSURES.find(({ closer }) => !closer.test(code));
  return enclosure && `${enclosure.start}${script}${enclosure.end}`;
}

/** Comments are left out, quotations are a letter. Nothing where it cannot be told for certain. */
function codeOf(whole: string): string | undefined {
  if (whole.length > LONGEST || /\\\n?$/.test(whole)) return undefined;
  const script = whole.replaceAll(PARAMETER, '_');
  // An operator may be continued on the next line, too.
  if (UNUSUAL.test(script) || UNUSUAL.test(script.replaceAll('\\\n', ''))) return undefined;
  let code = '';
  PART.lastIndex = 0;
  while (PART.lastIndex < script.length) {
    const part = PART.exec(script);
    if (part === null) return undefined;
    const { comment, joined, code: plain } = part.groups ?? {};
    code += plain ?? (comment === undefined && joined === undefined ? '_' : '');
  }
  return code;
}
