/** Diagnostics for people: place, message, the line itself with a mark under it, and a hint. */
import type { Diagnostic, Span } from '../model/diagnostic.ts';
import { neutralise } from '../model/terminal.ts';

/** Puts a colour around a piece of text; the names are those of Node's styleText. */
type Style = (format: 'bold' | 'red' | 'yellow' | 'cyan' | 'dim', text: string) => string;

interface DiagnosedFile {
  readonly file: string;
  readonly text: string;
}

/** Longer lines are shown in part, around the mark. */
const WIDEST = 160;

/**
 * Several lines, without a line end at the end:
 *
 *     FILE:LINE:COLUMN: error[CODE]: MESSAGE
 *       LINE | the line of the file
 *            |     ^^^^
 *       hint: HINT
 */
export function renderDiagnostic(
  diagnostic: Diagnostic,
  { file, text }: DiagnosedFile,
  style: Style = (_format, plain) => plain,
): string {
  const { severity, code, message, span, hint, related } = diagnostic;
  const colour = severity === 'error' ? 'red' : 'yellow';
  const mark = (characters: string) => style(colour, characters);
  const margin = (characters: string) => style('dim', characters);
  const place = ({ line, column }: Span) => style('bold', neutralise(`${file}:${line}:${column}:`));
  const lines = [
    `${place(span)} ${style(colour, `${severity}[${code}]:`)} ${neutralise(message)}`,
    ...excerpt(text, span, { mark, margin }),
  ];
  if (related !== undefined) {
    const { message: why, span: where } = related;
    lines.push(`${place(where)} ${neutralise(why)}`, ...excerpt(text, where, { mark, margin }));
  }
  if (hint !== undefined) lines.push(`  ${style('cyan', `hint: ${neutralise(hint)}`)}`);
  return lines.join('\n');
}

interface Colours {
  readonly mark: (characters: string) => string;
  readonly margin: (characters: string) => string;
}

function excerpt(text: string, span: Span, { mark, margin }: Colours): readonly string[] {
  const lineStart = span.from - (span.column - 1);
  const next = text.indexOf('\n', lineStart);
  const lineEnd = next < 0 ? text.length : next;
  const from = Math.max(lineStart, Math.min(span.from - WIDEST / 2, lineEnd - WIDEST));
  const to = Math.min(lineEnd, from + WIDEST);
  const lead = text.slice(from, span.from).replaceAll(/[^\t]/g, ' ');
  const carets = '^'.repeat(Math.max(1, Math.min(span.to, to) - span.from));
  const number = String(span.line);
  return [
    `  ${margin(`${number} |`)} ${visible(text.slice(from, to))}`.trimEnd(),
    `  ${margin(`${' '.repeat(number.length)} |`)} ${lead}${mark(carets)}`,
  ];
}

/** Safe for a terminal, and as wide as before, so that the mark stays under its place. */
function visible(line: string): string {
  return line.replaceAll(/[^\t]/g, (character) => neutralise(character) || ' ');
}
