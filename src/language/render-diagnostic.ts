/** Diagnostics for people: place, message, the line itself with a mark under it, and a hint. */
import type { Diagnostic, Span } from '../model/diagnostic.ts';
import { createSource, lineText, type Source } from './source.ts';

export type DiagnosticStyle = 'place' | 'error' | 'warning' | 'mark' | 'hint' | 'margin';

export interface RenderOptions {
  readonly file: string;
  readonly text: string;
  /** Puts colours around a piece of text; none without it. */
  readonly style?: (style: DiagnosticStyle, text: string) => string;
}

/** Longer lines are shown in part, around the mark. */
const WIDEST = 160;

/** Several lines of text, without a line end at the end. */
export function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions): string {
  const { file, text, style = (_style, plain) => plain } = options;
  const { severity, code, message, span, hint, related } = diagnostic;
  const source = createSource(text);
  const lines = [
    `${style('place', `${file}:${span.line}:${span.column}:`)} ${style(severity, `${severity}[${code}]:`)} ${visible(message)}`,
    ...excerpt(source, span, style),
  ];
  if (related !== undefined) {
    const place = `${file}:${related.span.line}:${related.span.column}:`;
    lines.push(
      `${style('place', place)} ${related.message}`,
      ...excerpt(source, related.span, style),
    );
  }
  if (hint !== undefined) lines.push(`  ${style('hint', `hint: ${visible(hint)}`)}`);
  return lines.join('\n');
}

function excerpt(
  source: Source,
  span: Span,
  style: NonNullable<RenderOptions['style']>,
): readonly string[] {
  const whole = lineText(source, span.line);
  const start = span.column - 1;
  const end = span.endLine === span.line ? span.endColumn - 1 : whole.length;
  const from = Math.max(0, Math.min(start - WIDEST / 2, whole.length - WIDEST));
  const line = visible(whole.slice(from, from + WIDEST));
  const number = String(span.line);
  const blank = ' '.repeat(number.length);
  const lead = line.slice(0, start - from).replaceAll(/[^\t]/g, ' ');
  const length = Math.max(1, Math.min(end, from + WIDEST) - start);
  return [
    `  ${style('margin', `${number} |`)} ${line}`.trimEnd(),
    `  ${style('margin', `${blank} |`)} ${lead}${style('mark', '^'.repeat(length))}`,
  ];
}

/** Text from a file, safe for a terminal: control characters become a visible stand-in. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
  return text.replaceAll(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, '\u00b7');
}
