import { expect, test } from 'vitest';
import { parseJob } from '../../src/language/parse-job.ts';
import { renderDiagnostic } from '../../src/language/render-diagnostic.ts';

function render(text: string): string[] {
  const { diagnostics } = parseJob({ text, file: 'a.conf', dialect: 'init' });
  return diagnostics.map((one) => renderDiagnostic(one, { file: 'a.conf', text }));
}

test('place, message, the line, the mark, the hint', () => {
  expect(render('task\n\trespwan # again\n')).toEqual([
    [
      'a.conf:2:2: error[unknown-stanza]: Unknown stanza: `respwan`',
      '  2 | \trespwan # again',
      '    | \t^^^^^^^',
      '  hint: did you mean `respawn`?',
    ].join('\n'),
  ]);
});

test('what was opened is shown as well', () => {
  expect(render("exec true\nexec echo don't\n")).toEqual([
    [
      'a.conf:3:1: error[unterminated-quote]: Unterminated quoted string: the quote at line 2, column 14 is never closed',
      'a.conf:2:14: opened here',
      "  2 | exec echo don't",
      '    |              ^',
      '  hint: close it, or write an apostrophe inside double quotes',
    ].join('\n'),
  ]);
});

test('a byte order mark is seen', () => {
  const [shown = ''] = render('\uFEFFexec true\n');
  expect(shown.split('\n')).toEqual([
    'a.conf:1:1: error[unknown-stanza]: Unknown stanza: `<byte order mark>exec`',
    '  1 | \uFFFDexec true',
    '    | ^^^^^',
    '  hint: save the file without a byte order mark',
  ]);
});

test('escape sequences do not reach a terminal, and the mark stays in its place', () => {
  const [shown = ''] = render('env A=\u001b[31mred B\r\n');
  expect(shown).not.toContain('\u001b');
  expect(shown.split('\n').slice(1, 3)).toEqual([
    '  1 | env A=\u241b[31mred B',
    '    |                ^',
  ]);
});

test('of a long line a part is shown', () => {
  const [shown = ''] = render(`env ${'a'.repeat(5000)} bad ${'b'.repeat(5000)}\n`);
  const [, line = '', mark = ''] = shown.split('\n');
  expect(line.length).toBeLessThan(180);
  expect(line.slice(mark.indexOf('^'), mark.lastIndexOf('^') + 1)).toBe('bad');
});

test('the mark stands under wide characters and behind them', () => {
  const [shown = ''] = render('env A="日本語" 余分 tail\n');
  expect(shown.split('\n').slice(1, 3)).toEqual([
    '  1 | env A="日本語" 余分 tail',
    '    |                ^^^^',
  ]);
  const [combined = ''] = render('env A=e\u0301\u{1f600} bogus\n');
  expect(combined.split('\n')[2]).toBe('    |           ^^^^^');
});

test('a line that is cut says so, and keeps to the width', () => {
  const text = `env ${'\u{1f600}'.repeat(300)} bad ${'b'.repeat(300)}\n`;
  const { diagnostics } = parseJob({ text, file: 'a.conf', dialect: 'init' });
  const [diagnostic] = diagnostics;
  if (diagnostic === undefined) throw new Error('no diagnostic');
  for (const columns of [60, 61, 80]) {
    const shown = renderDiagnostic(diagnostic, { file: 'a.conf', text, columns });
    const [, line = '', mark = ''] = shown.split('\n');
    expect(line).toMatch(/^ {2}1 \| …\u{1f600}+ bad b+…$/u);
    expect(line.length).toBeLessThanOrEqual(columns);
    const pictures = line.match(/\u{1f600}/gu)?.length ?? 0;
    expect(mark.indexOf('^^^')).toBe('  1 | …'.length + 2 * pictures + ' '.length);
  }
});

test('colours are put around the pieces', () => {
  const text = 'nice 99\n';
  const { diagnostics } = parseJob({ text, file: 'a.conf', dialect: 'init' });
  const [diagnostic] = diagnostics;
  if (diagnostic === undefined) throw new Error('no diagnostic');
  const shown = renderDiagnostic(
    diagnostic,
    { file: 'a.conf', text },
    (as, piece) => `<${as}>${piece}</>`,
  );
  expect(shown.split('\n')).toEqual([
    '<bold>a.conf:1:6:</> <red>error[illegal-nice]:</> Illegal nice value, expected -20 to 19',
    '  <dim>1 |</> nice 99',
    '  <dim>  |</>      <red>^^</>',
    '  <cyan>hint: a whole number from -20 to 19</>',
  ]);
});

test.each([
  ['kil timeout 5', 'did you mean `kill`?'],
  ['kill timout 5', 'did you mean `kill timeout`?'],
  ['kill it', '`kill` is followed by timeout or signal'],
  ['expect forked', 'did you mean `fork`? expected stop, fork, daemon or none'],
  ['kill signal int', 'signal names are written in capitals: `INT`'],
  ['service', 'it is a stanza of event.d; this is read as init'],
  ['image from busybox', 'it is a stanza of domstart; this is read as init'],
  ['end script', 'nothing is open here that it could end'],
  ['author A. Writer', 'put quotes around an argument that holds blanks'],
  ['env A=1 B=2', 'put quotes around an argument that holds blanks'],
  ['script x', undefined],
  ['oom never 4', undefined],
  ['task now', undefined],
  ['\uFEFFtask', 'save the file without a byte order mark'],
])('the hint of: %s', (text, hint) => {
  const { diagnostics } = parseJob({ text, file: 'a.conf', dialect: 'init' });
  expect(diagnostics.map((one) => one.hint)).toEqual([hint]);
});

test.each([
  ['exec', 'Expected token: COMMAND is missing here'],
  ['expect Fork', 'Unknown stanza: `Fork` is not a value of `expect`'],
])('the message of: %s', (text, message) => {
  const { diagnostics } = parseJob({ text, file: 'a.conf', dialect: 'init' });
  expect(diagnostics.map((one) => one.message)).toEqual([message]);
});
