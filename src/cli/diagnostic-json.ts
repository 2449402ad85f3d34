import type { Diagnostic, Span } from '../model/diagnostic.ts';

/** A diagnostic as `--json` promises it: lines and columns count from 1, ends are exclusive. */
export function diagnosticJson({ severity, code, message, hint, span, related }: Diagnostic) {
  return {
    severity,
    code,
    ...placeJson(span),
    message,
    hint: hint ?? null,
    ...(related === undefined
      ? {}
      : { related: { ...placeJson(related.span), message: related.message } }),
  };
}

function placeJson({ line, column, endLine, endColumn }: Span) {
  return { line, column, endLine, endColumn };
}

/** Of a file that cannot be read there is no text; what is told of it stands at its top. */
export function unreadableJson(error: {
  readonly message: string;
  readonly hint?: string | undefined;
}) {
  const { message, hint } = error;
  const span = { from: 0, to: 0, line: 1, column: 1, endLine: 1, endColumn: 1 };
  return diagnosticJson({
    severity: 'error',
    code: 'unreadable',
    message,
    span,
    ...(hint === undefined ? {} : { hint }),
  });
}
