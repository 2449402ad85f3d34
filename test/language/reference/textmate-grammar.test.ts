import { expect, test } from 'vitest';
import { textMateGrammar } from '../../../src/language/reference/textmate-grammar.ts';
import { STANZAS } from '../../../src/language/stanzas/table.ts';

const grammar = textMateGrammar();

/** The scopes that the first rule that begins on that line gives to its captures. */
function scopesOf(line: string): Record<string, string> {
  for (const rule of grammar.patterns) {
    const found = new RegExp(rule.match ?? rule.begin ?? '(?!)').exec(line);
    if (found?.index !== 0) continue;
    const captures = Object.entries(rule.captures ?? rule.beginCaptures ?? {});
    return Object.fromEntries(
      captures.flatMap(([at, { name }]) => {
        const text = found[Number(at)];
        return text === undefined ? [] : [[text, name]];
      }),
    );
  }
  return {};
}

test.each(STANZAS.map(({ words, example }) => [words, example] as const))(
  '%s is known by its words',
  (words, example) => {
    const [line = ''] = example.split('\n');
    expect(scopesOf(line)[words]).toBe('keyword.control.domstart');
    expect(scopesOf(`\t  ${line}`)[words]).toBe('keyword.control.domstart');
  },
);

test.each([
  ['respawn limit unlimited', 'unlimited', 'constant.language.domstart'],
  ['console output # why', 'output', 'constant.language.domstart'],
  ['guest one', 'one', 'entity.name.section.domstart'],
  ['guest init direct', 'direct', 'constant.language.domstart'],
  ['script # why', '# why', 'comment.line.number-sign.domstart'],
])('%s: %s', (line, piece, scope) => {
  expect(scopesOf(line)[piece]).toBe(scope);
});

test.each(['respawning', 'tasks', 'end', 'echo exec'])('%s is no stanza', (line) => {
  expect(scopesOf(line)).toEqual({});
});

test('blocks end where the parser ends them, and what they embed is shell', () => {
  const script = grammar.patterns.find(({ end }) => end?.includes('script'));
  expect(script?.patterns).toEqual([{ include: 'source.shell' }]);
  const end = new RegExp(script?.end ?? '(?!)');
  expect(['end script', '\tend  script # done'].every((line) => end.test(line))).toBe(true);
  expect(['end scripts', 'echo end script', 'end guest'].some((line) => end.test(line))).toBe(
    false,
  );
});

test('every pattern compiles, and every include leads somewhere', () => {
  let patterns = 0;
  const walk = (rule: object): void => {
    for (const [key, value] of Object.entries(rule)) {
      if (key === 'match' || key === 'begin' || key === 'end') {
        patterns += 1;
        expect(() => new RegExp(value)).not.toThrow();
      } else if (key === 'include' && value.startsWith('#')) {
        expect(grammar.repository).toHaveProperty(value.slice(1));
      } else if (typeof value === 'object') walk(value);
    }
  };
  walk(grammar.patterns);
  walk(grammar.repository);
  expect(patterns).toBeGreaterThan(20);
});
