import { expect, test } from 'vitest';
import { argvOf, commandOf, scriptFile } from '../../src/process/command.ts';

test.each([
  ['sleep 1000', ['sleep', '1000']],
  ['  /bin/echo\ta  b ', ['/bin/echo', 'a', 'b']],
  ['prog --opt:x@y,z +1 50%', ['prog', '--opt:x@y,z', '+1', '50%']],
])('exec %j runs directly', (text, argv) => {
  expect(argvOf(commandOf({ kind: 'exec', text }))).toEqual(argv);
});

test.each([...'~`!$^&*()=|\\{}[];"\'<>?'])('exec with %s goes to the shell', (character) => {
  const text = `prog a${character}b`;
  expect(argvOf(commandOf({ kind: 'exec', text }))).toEqual([
    '/bin/sh',
    '-e',
    '-c',
    `exec ${text}`,
    '/bin/sh',
  ]);
});

test('a script of one line is an argument, line ends behind it or not', () => {
  expect(commandOf({ kind: 'script', text: 'echo 1\n\n' })).toEqual({
    kind: 'shell',
    text: 'echo 1\n\n',
  });
  expect(commandOf({ kind: 'script', text: '' })).toEqual({ kind: 'shell', text: '' });
});

test('a script of more lines is read from descriptor 9, which it closes first', () => {
  const command = commandOf({ kind: 'script', text: 'echo 1\necho 2\n' });
  expect(argvOf(command)).toEqual(['/bin/sh', '-e', '/proc/self/fd/9']);
  expect(command).toEqual({ kind: 'script', text: 'echo 1\necho 2\n' });
  expect(scriptFile('echo 1\necho 2\n')).toBe('exec 9<&-\necho 1\necho 2\n');
});
