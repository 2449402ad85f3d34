import { describe, expect, test } from 'vitest';
import { neutralise } from '../../src/model/terminal.ts';

describe('neutralise', () => {
  test.each([
    ['plain text stays', 'PID   USER\tCOMMAND – é 漢', 'PID   USER\tCOMMAND – é 漢'],
    ['the CRs of a serial console go', 'Linux version 6.1\r\r', 'Linux version 6.1'],
    ['a CR inside is shown', '10%\r20%', '10%␍20%'],
    ['colours go', '\x1b[1;31mred\x1b[0m', 'red'],
    ['clearing the screen goes', '\x1b[2J\x1b[Hhello', 'hello'],
    ['a window title goes', '\x1b]0;owned\x07x', 'x'],
    ['a title ended by ST goes', '\x1b]0;owned\x1b\\x', 'x'],
    ['a device control string goes', '\x1bP1$r0m\x1b\\x', 'x'],
    ['full reset goes', '\x1bcx', 'x'],
    ['a character set choice goes', '\x1b(0x', 'x'],
    ['an unfinished title is shown', '\x1b]0;evil', '␛]0;evil'],
    ['an unfinished colour is shown', 'x\x1b[31', 'x␛[31'],
    ['a sequence inside a sequence forms none', '\x1b\x1b[0m[31mx', '␛[31mx'],
    ['C1 controls are replaced', '\u009b31mx\u0085', '�31mx�'],
    ['bell, backspace, NUL, DEL are shown', '\x07\b\0\x7f', '␇␈␀␡'],
    ['text direction cannot be turned', 'a\u202etxt.exe', 'a�txt.exe'],
  ])('%s', (_name, text, safe) => {
    expect(neutralise(text)).toBe(safe);
  });

  test('takes time in proportion to the text, also for hostile text', () => {
    const text = `${'\x1b]'.repeat(200_000)}${'\x1b['.repeat(200_000)}`;
    expect(neutralise(text)).not.toContain('\x1b');
  });
});
