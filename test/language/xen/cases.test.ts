import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importXenConfig } from '../../../src/language/xen/import-config.ts';
import type { Diagnostic } from '../../../src/model/diagnostic.ts';

/** The form of a case is told in cases/README.md. */
interface Case {
  readonly name: string;
  readonly text: string;
  readonly kind: string;
  readonly diagnostics: readonly string[];
  readonly lines: readonly string[];
}

const FOLDER = join(import.meta.dirname, 'cases');

function readCases(file: string): Case[] {
  const [, ...parts] = readFileSync(join(FOLDER, file), 'utf8').split(/^=== /m);
  return parts.map((part) => {
    const [head = '', expected] = part.split(/==>\n/);
    if (expected === undefined) throw new Error(`${file}: a case lacks ==>: ${head}`);
    const end = head.indexOf('\n');
    const [kind = '', ...rest] = expected.trimEnd().split('\n');
    const told = (line: string) => /^(?:error|warning) /.test(line);
    return {
      name: head.slice(0, end),
      text: head
        .slice(end + 1)
        .replaceAll('␍', '\r')
        .replaceAll('␀', '\0'),
      kind,
      diagnostics: rest.filter(told),
      lines: rest.filter((line) => !told(line)),
    };
  });
}

/** As the case writes it: with the message's start, where it gives one. */
function describeAs(expected: string | undefined, { severity, code, span, message }: Diagnostic) {
  const place = `${severity} ${code} ${span.line}:${span.column}`;
  const wanted = /"(.*)"$/.exec(expected ?? '')?.[1];
  return wanted === undefined ? place : `${place} "${message.slice(0, wanted.length)}"`;
}

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.txt'))) {
  describe(file, () => {
    test.each(readCases(file))('$name', ({ text, kind, diagnostics, lines }) => {
      const result = importXenConfig(text);
      const found = result.diagnostics.map((one, at) => describeAs(diagnostics[at], one));
      expect(found).toEqual(diagnostics);
      expect(result.lines).toEqual(lines);
      expect(result.kind).toBe(kind);
    });
  });
}
