import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { enclose } from '../../src/process/script-batch.ts';
import { checkScripts } from '../../src/process/shell-check.ts';

/** What closes, opens and hides: most ways to put these together are broken. */
const FRAGMENTS = [
  ...['if :; then', 'else', 'elif :; then', 'fi', 'while :', 'do', 'done', 'for x in a', 'f()'],
  ...['case x in', 'x)', ';;', 'esac', '{', '}', '(', ')', '!', '&&', '|', ';', '&', 'in', 'echo'],
  ...[
    "'",
    '"',
    "$'",
    '`',
    '$(',
    '$((',
    '))',
    '${x',
    `\${x}`,
    `\${x#y}`,
    '$(x)',
    '"$(x "y")"',
    '$#',
  ],
  ...['#', ' # ', '\\', '\\\n', '\\#', '\\ ', '<<E\n', 'E\n', '[[', 'a=(', '<(', '>', ':', '\n'],
];

const script = fc
  .array(fc.tuple(fc.constantFrom(...FRAGMENTS), fc.constantFrom('', ' ', '\n')), { maxLength: 8 })
  .map((parts) => parts.flat().join(''));

function isSound(text: string): boolean {
  const { status, stderr } = spawnSync('sh', ['-n'], { input: text });
  return status === 0 && stderr.length === 0;
}

describe('scripts read as one', () => {
  test('are sound together only where each is sound by itself', () => {
    const batchable = script.filter((text) => enclose(text) !== undefined);
    fc.assert(
      fc.property(fc.array(batchable, { minLength: 1, maxLength: 4 }), (scripts) => {
        if (!isSound(scripts.map(enclose).join(''))) return;
        expect(scripts.filter((text) => !isSound(text))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('are told of what each would be told of alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(script, { minLength: 8, maxLength: 24 }), async (scripts) => {
        const alone = await Promise.all(scripts.map((text) => checkScripts([text])));
        expect(await checkScripts(scripts)).toEqual(alone.flat());
      }),
      { numRuns: 10 },
    );
  });

  test.each([
    ['a quotation', "echo '", "echo '"],
    ['a quotation behind what is no comment', "echo \\ #'", "echo '"],
    ['a quotation behind a substitution', "echo $(x)#'", "echo '"],
    ['a parameter', 'echo ${x', '}'],
    ['a substitution', 'echo $(', ')'],
    ['a substitution over two lines', 'echo "$\\\n(echo "', ')"'],
    ['backquotes', 'echo `', '`'],
    ['a here-document', 'cat <<E', 'E'],
    ['a here-document over two lines', 'cat <\\\n<E', 'E'],
    ['a list of bash', 'a=(', ')'],
    ['a continued line', 'echo \\', 'echo'],
  ])('%s that the next one closes is read alone', (_, opens) => {
    expect(enclose(opens)).toBeUndefined();
  });

  test.each([
    ['if :; then', 'fi'],
    ['while :; do', 'done'],
    ['{', '}'],
    ['case x in x) echo esac', 'echo case\nesac'],
    ['case x in x)', ';;\nesac'],
    ['(', ')'],
    [':', '}\n{\n:'],
    ['{\n:', '}\n}\n{\n:'],
    [':', ';;\ny) :'],
    [':', 'else\n:'],
    ['echo &&', ':'],
  ])('what %j opens, %j does not close', (opens, closes) => {
    const parts = [opens, closes].map(enclose);
    expect(parts).not.toContain(undefined);
    expect(isSound(parts.join(''))).toBe(false);
  });

  test.each([
    '',
    "# only a comment, isn't it",
    `f() { echo "$(x "y") \${z:-1}" '}'; }\nf # done`,
    'while read x; do { echo $((x + 1)); }; done <file',
    'case $x in\n  a|b) : ;;\nesac\nfor x in 1 2; do if :; then echo \\\n  two; fi; done',
  ])('an ordinary one is no case for itself: %j', (text) => {
    const part = enclose(text);
    expect(part).toBeDefined();
    expect(isSound(`${part}${part}`)).toBe(true);
  });
});
