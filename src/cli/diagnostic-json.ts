import type { Diagnostic } from '../model/diagnostic.ts';

/** A diagnostic as `--json` promises it: lines and columns count from 1, ends are exclusive. */
export function diagnosticJson({ severity, code, message, hint, span }: Diagnostic) {
  const { line, column, endLine, endColumn } = span;
  return {
    severity,
    code,
    line,
    column,
    endLine,
    endColumn,
    message,
    ...(hint === undefined ? {} : { hint }),
  };
}
