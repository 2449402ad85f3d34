import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseJob } from '../../src/language/parse-job.ts';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import type { Dialect } from '../../src/model/job.ts';

/** The form of a case is told in cases/README.md. */
interface Case {
  readonly name: string;
  readonly dialect: Dialect;
  readonly text: string;
  readonly diagnostics: readonly string[];
  readonly job: object | undefined;
}

const FOLDER = join(import.meta.dirname, 'cases');
const HEAD = /^# (.+) \((event\.d|init|domstart)\)\n/m;

function readCases(file: string): Case[] {
  const parts = readFileSync(join(FOLDER, file), 'utf8').split(HEAD);
  const cases: Case[] = [];
  for (let at = 1; at < parts.length; at += 3) {
    const [name = '', dialect, body = ''] = parts.slice(at, at + 3);
    const [text = '', expected] = body.split(/^==>\n/m);
    if (expected === undefined) throw new Error(`${file}: the case "${name}" lacks ==>`);
    const lines = expected.split('\n').filter((line) => line !== '');
    const job = lines.find((line) => line.startsWith('{'));
    cases.push({
      name,
      dialect: dialect as Dialect,
      text,
      diagnostics: lines.filter((line) => line !== job),
      job: job === undefined ? undefined : JSON.parse(job),
    });
  }
  return cases;
}

/** As the case writes it: with the message's start, where it gives one. */
function describeAs(expected: string | undefined, { severity, code, span, message }: Diagnostic) {
  const place = `${severity} ${code} ${span.line}:${span.column}`;
  const wanted = /"(.*)"$/.exec(expected ?? '')?.[1];
  return wanted === undefined ? place : `${place} "${message.slice(0, wanted.length)}"`;
}

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.txt'))) {
  describe(file, () => {
    test.each(readCases(file))('$name', ({ text, dialect, diagnostics, job }) => {
      const result = parseJob({ text, file: 'case.conf', dialect });
      const found = result.diagnostics.map((one, at) => describeAs(diagnostics[at], one));
      expect(found).toEqual(diagnostics);
      if (job !== undefined) expect(result.job).toMatchObject(job);
      expect(result.job === undefined).toBe(diagnostics.some((line) => line.startsWith('error')));
    });
  });
}
