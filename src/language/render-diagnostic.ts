/** Diagnostics for people: place, message, the line itself with a mark under it, and a hint. */
import type { Diagnostic, Span } from '../model/diagnostic.ts';
import { neutralise } from '../model/terminal.ts';
import { displayWidth } from './display-width.ts';

/** Puts a colour around a piece of text; the names are those of Node's styleText. */
type Style = (format: 'bold' | 'red' | 'yellow' | 'cyan' | 'dim', text: string) => string;

interface DiagnosedFile {
  readonly file: string;
  readonly text: string;
  /** The terminal's width. Longer lines are shown in part, around the mark. */
  readonly columns?: number | undefined;
}

const COLUMNS = 160;
const NARROWEST = 40;

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
  { file, text, columns = COLUMNS }: DiagnosedFile,
  style: Style = (_format, plain) => plain,
): string {
  const { severity, code, message, span, hint, related } = diagnostic;
  const colour = severity === 'error' ? 'red' : 'yellow';
  const mark = (characters: string) => style(colour, characters);
  const margin = (characters: string) => style('dim', characters);
  const place = ({ line, column }: Span) => style('bold', neutralise(`${file}:${line}:${column}:`));
  const lines = [
    `${place(span)} ${style(colour, `${severity}[${code}]:`)} ${neutralise(message)}`,
    ...(related !== undefined && isBehindText(text, span)
      ? []
      : excerpt(text, span, { mark, margin, columns })),
  ];
  if (related !== undefined) {
    const { message: why, span: where } = related;
    lines.push(
      `${place(where)} ${neutralise(why)}`,
      ...excerpt(text, where, { mark, margin, columns }),
    );
  }
  if (hint !== undefined) lines.push(`  ${style('cyan', `hint: ${neutralise(hint)}`)}`);
  return lines.join('\n');
}

/** At the end of the text there is nothing to see; where it was opened there is. */
function isBehindText(text: string, { from }: Span): boolean {
  return from >= text.length;
}

interface Look {
  readonly mark: (characters: string) => string;
  readonly margin: (characters: string) => string;
  readonly columns: number;
}

function excerpt(text: string, span: Span, { mark, margin, columns }: Look): readonly string[] {
  const number = String(span.line);
  const lineStart = span.from - (span.column - 1);
  const next = text.indexOf('\n', lineStart);
  const lineEnd = next < 0 ? text.length : next;
  const widest = Math.max(NARROWEST, columns - number.length - '   | ……'.length);
  const middle = Math.min(span.from - Math.floor(widest / 2), lineEnd - widest);
  const from = wholeCharacter(text, Math.max(lineStart, middle));
  const to = wholeCharacter(text, Math.min(lineEnd, from + widest));
  const [before, after] = [from > lineStart ? '…' : '', to < lineEnd ? '…' : ''];
  const lead = visible(before + text.slice(from, span.from)).replaceAll(/[^\t]+/g, (part) =>
    ' '.repeat(displayWidth(part)),
  );
  const width = displayWidth(visible(text.slice(span.from, Math.min(span.to, to))));
  return [
    `  ${margin(`${number} |`)} ${visible(before + text.slice(from, to) + after)}`.trimEnd(),
    `  ${margin(`${' '.repeat(number.length)} |`)} ${lead}${mark('^'.repeat(Math.max(1, width)))}`,
  ];
}

/** Not between the halves of a character. */
function wholeCharacter(text: string, at: number): number {
  return /[\udc00-\udfff]/.test(text[at] ?? '') && /[\ud800-\udbff]/.test(text[at - 1] ?? '')
    ? at - 1
    : at;
}

/** Safe for a terminal, and as wide as before, so that the mark stays under its place. */
function visible(text: string): string {
  const line = text.replaceAll('\uFEFF', '\uFFFD');
  if (neutralise(line) === line) return line;
  return line.replaceAll(/[^\t]/g, (character) => neutralise(character) || ' ');
}
