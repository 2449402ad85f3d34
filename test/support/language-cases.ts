import { readFileSync } from 'node:fs';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import type { Dialect } from '../../src/model/job.ts';

/** The form of a case is told in language/cases/README.md. */
export interface LanguageCase {
  readonly name: string;
  readonly dialect: Dialect;
  readonly text: string;
  /** The text of an override on top of it. */
  readonly override: string | undefined;
  readonly diagnostics: readonly string[];
  readonly job: object | undefined;
}

const HEAD = /^# (.+) \((event\.d|init|chromeos|domstart)\)\n/m;

/** The cases of one file. */
export function readCases(file: string): LanguageCase[] {
  const parts = readFileSync(file, 'utf8').split(HEAD);
  const cases: LanguageCase[] = [];
  for (let at = 1; at < parts.length; at += 3) {
    const [name = '', dialect, body = ''] = parts.slice(at, at + 3);
    const [texts = '', expected] = body.split(/^==>\n/m);
    const [text = '', override] = texts.split(/^==\+\n/m);
    if (expected === undefined) throw new Error(`${file}: the case "${name}" lacks ==>`);
    const lines = expected.split('\n').filter((line) => line !== '');
    const job = lines.find((line) => line.startsWith('{'));
    cases.push({
      name,
      dialect: dialect as Dialect,
      text,
      override,
      diagnostics: lines.filter((line) => line !== job),
      job: job === undefined ? undefined : JSON.parse(job),
    });
  }
  return cases;
}

/** As the case writes it: with the message's start, where it gives one. */
export function describeAs(
  expected: string | undefined,
  { severity, code, span, message }: Diagnostic,
) {
  const place = `${severity} ${code} ${span.line}:${span.column}`;
  const wanted = /"(.*)"$/.exec(expected ?? '')?.[1];
  return wanted === undefined ? place : `${place} "${message.slice(0, wanted.length)}"`;
}
