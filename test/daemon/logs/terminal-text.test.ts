import { expect, test } from 'vitest';
import { createTerminalText } from '../../../src/daemon/logs/terminal-text.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function rig() {
  const clock = new ManualClock();
  const shown: string[] = [];
  const text = createTerminalText({ clock, show: (piece) => shown.push(piece) });
  return {
    clock,
    push: (bytes: string | Uint8Array) => text.push(Buffer.from(bytes)),
    end: () => text.end(),
    shown: () => shown.join(''),
  };
}

test('lines are shown at once, without what a terminal would act on', () => {
  const { push, shown, clock } = rig();
  push('one\r\n\u001b[31mred\u001b[0m\r\n\u001b]0;title\u0007two\u0007\n');
  expect(shown()).toBe('one\nred\ntwo␇\n');
  expect(clock.armed).toBe(0);
});

test('a line that is not ended is shown after a moment, and goes on where it was', () => {
  const { push, shown, clock } = rig();
  push('\u001b[1mPassword: ');
  expect(shown()).toBe('');
  clock.turn(100);
  expect(shown()).toBe('Password: ');
  push('ok\r\nnext\n');
  expect(shown()).toBe('Password: ok\nnext\n');
});

test('an escape sequence that is cut off waits for its rest', () => {
  const { push, shown, clock, end } = rig();
  push('50%\u001b[3');
  clock.turn(1000);
  expect(shown()).toBe('50%');
  push('1m done');
  clock.turn(1000);
  expect(shown()).toBe('50% done');
  push('\u001b]0;evil');
  end();
  expect(shown()).toBe('50% done␛]0;evil\n');
});

test('characters that come in pieces are put together', () => {
  const { push, shown, end } = rig();
  for (const byte of Buffer.from('€ – ü')) push(Uint8Array.of(byte));
  push(Uint8Array.of(0xff));
  end();
  expect(shown()).toBe('€ – ü\ufffd\n');
});

test('nothing without a line end fills the memory', () => {
  const { push, shown } = rig();
  for (const piece of ['x', '\r', '\u001b[', '\u001b]x']) push(piece.repeat(100_000));
  expect(shown().length).toBeGreaterThan(300_000);
});

test('the end ends a line that was begun, and only that', () => {
  const { push, shown, clock, end } = rig();
  push('whole\n');
  end();
  push('begun');
  clock.turn(100);
  end();
  expect(shown()).toBe('whole\nbegun\n');
  expect(clock.armed).toBe(0);
});
