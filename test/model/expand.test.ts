// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language has ${NAME} too

import { expect, test } from 'vitest';
import { describeProblem, expand } from '../../src/model/expand.ts';

const environment = new Map([
  ['FILE', 'load.sh'],
  ['EMPTY', ''],
  ['WHICH', 'FILE'],
  ['DOLLAR', '$FILE'],
  ['A.B', 'dotted'],
]);

test.each([
  ['plain', 'plain'],
  ['', ''],
  ['$FILE', 'load.sh'],
  ['a-$FILE-b', 'a-load.sh-b'],
  ['${FILE}x', 'load.shx'],
  ['${${WHICH}}', 'load.sh'],
  ['${A.B}', 'dotted'],
  ['$DOLLAR', '$FILE'],
  ['${}5', '$5'],
  ['$5 $', '$5 $'],
  ['${EMPTY:-x}', 'x'],
  ['${EMPTY-x}', ''],
  ['${NONE-x}', 'x'],
  ['${NONE:-$FILE}', 'load.sh'],
  ['${FILE:-x}', 'load.sh'],
  ['${FILE:+x}', 'x'],
  ['${EMPTY:+x}', ''],
  ['${EMPTY+x}', 'x'],
  ['${NONE+x}', ''],
  ['${NONE:-a:b-c+d}', 'a:b-c+d'],
])('%j gives %j', (pattern, text) => {
  expect(expand(pattern, environment)).toEqual({ ok: true, text });
});

test.each([
  ['$NONE', 'Unknown parameter: NONE'],
  ['${NONE}', 'Unknown parameter: NONE'],
  ['${NONE:-$OTHER}', 'Unknown parameter: OTHER'],
  ['${FILE', 'Mismatched braces'],
  ['${FILE:-x', 'Mismatched braces'],
  ['${FILE:x}', 'Expected operator'],
  ['${'.repeat(5000), 'Mismatched braces'],
])('%j is wrong: %s', (pattern, message) => {
  const expansion = expand(pattern, environment);
  expect(expansion.ok ? expansion.text : describeProblem(expansion.problem)).toBe(message);
});
