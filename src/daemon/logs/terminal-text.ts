import { StringDecoder } from 'node:string_decoder';
import { neutralise } from '../../model/terminal.ts';
import type { Clock } from '../../ports/clock.ts';

export interface TerminalTextOptions {
  readonly clock: Clock;
  /** Takes text that no terminal acts on, with line ends. */
  readonly show: (text: string) => void;
}

/** Makes raw bytes of a log, as they come, safe to show on a terminal. */
export interface TerminalText {
  push(bytes: Uint8Array): void;
  /** Shows what is left, and ends the line. */
  end(): void;
}

/** A line that is not ended, such as a question, is shown as it is after this time. */
const PATIENCE_MS = 100;
/** The longest line that waits for its end. */
const LONGEST = 4096;
/** An incomplete escape sequence that is longer is no sequence. */
const LONGEST_SEQUENCE = 64;

export function createTerminalText({ clock, show }: TerminalTextOptions): TerminalText {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  /** Something of the current line was shown already. */
  let begun = false;
  let forgetTimer: (() => void) | undefined;

  function take(text: string): void {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) {
      show(lines.map((line) => `${neutralise(line)}\n`).join(''));
      begun = false;
    }
    forgetTimer?.();
    forgetTimer = undefined;
    if (rest.length > LONGEST) showRest();
    else if (rest !== '') forgetTimer = clock.after(PATIENCE_MS, showRest);
  }

  function showRest(): void {
    forgetTimer = undefined;
    const end = lengthWithoutCutSequence(rest);
    if (end === 0) return;
    show(neutralise(rest.slice(0, end)));
    rest = rest.slice(end);
    begun = true;
  }

  return {
    push: (bytes) => take(decoder.write(bytes)),
    end() {
      take(decoder.end());
      forgetTimer?.();
      if (rest !== '' || begun) show(`${neutralise(rest)}\n`);
      rest = '';
      begun = false;
    },
  };
}

/** Without a sequence that is not complete yet, and without CR or CR CR, which LF may follow. */
function lengthWithoutCutSequence(text: string): number {
  const at = text.lastIndexOf('\u001b');
  const cut =
    at >= text.length - LONGEST_SEQUENCE && neutralise(text.slice(at)).startsWith('\u241b');
  if (at >= 0 && cut) return at;
  return text.length - (/\r{1,2}$/.exec(text)?.[0].length ?? 0);
}
