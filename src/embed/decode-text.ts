import { isUtf8 } from 'node:buffer';
import { createSource, spanOf } from '../language/source.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { JobDefinition } from '../model/job.ts';

const REPLACEMENT = '\uFFFD';
const ENCODED = Buffer.from(REPLACEMENT);

export interface DecodedText {
  readonly text: string;
  /** Where the first bytes stood that are no UTF-8; each such place is U+FFFD in the text. */
  readonly invalidAt?: number;
}

export function decodeText(bytes: Buffer): DecodedText {
  const text = bytes.toString('utf8');
  return isUtf8(bytes) ? { text } : { text, invalidAt: firstInvalid(bytes, text) };
}

/** The first U+FFFD of the text that was not one in the file. */
function firstInvalid(bytes: Buffer, text: string): number {
  let from = 0;
  let byte = 0;
  for (;;) {
    const at = text.indexOf(REPLACEMENT, from);
    if (at < 0) return from;
    byte += Buffer.byteLength(text.slice(from, at));
    if (!bytes.subarray(byte, byte + ENCODED.length).equals(ENCODED)) return at;
    byte += ENCODED.length;
    from = at + REPLACEMENT.length;
  }
}

/**
 * Upstart hands bytes on as they are, we cannot. In a comment or a description that is no more
 * than a warning; in anything that matters to a run it is an error.
 */
export function invalidText(text: string, at: number, job: JobDefinition | undefined): Diagnostic {
  const { description: _, author: __, version: ___, usage: ____, ...rest } = job ?? {};
  const matters = JSON.stringify(rest).includes(REPLACEMENT);
  return {
    severity: matters ? 'error' : 'warning',
    code: 'invalid-utf8',
    message: `Invalid UTF-8: bytes that are no UTF-8 are read as ${REPLACEMENT}`,
    hint: matters
      ? 'save the file as UTF-8; a script can write other bytes as printf "\\\\351"'
      : 'save the file as UTF-8',
    span: spanOf(createSource(text), at, at + REPLACEMENT.length),
  };
}
