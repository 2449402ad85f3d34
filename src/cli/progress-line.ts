import { say } from './output.ts';

/** Steps of a percentage that are worth a line of their own where lines cannot be overwritten. */
const STEP = 25;

/**
 * Shows how far long work has come: on a terminal in one line that is written again and again,
 * elsewhere in a line for every change of `text` and for every quarter of its percentage.
 */
export function createProgressLine(label: string) {
  let shown = '';
  let open = false;
  return {
    show(text: string): void {
      if (process.stderr.isTTY) {
        process.stderr.write(`\r\x1b[K${label}: ${text}`);
        open = true;
        return;
      }
      const percent = / (\d+) %$/.exec(text)?.[1];
      const step =
        percent === undefined
          ? text
          : text.replace(/\d+ %$/, `${Math.floor(Number(percent) / STEP) * STEP} %`);
      if (step !== shown) say(`${label}: ${step}`);
      shown = step;
    },
    /** Ends the line that is being written again and again. */
    end(): void {
      if (open) process.stderr.write('\r\x1b[K');
      open = false;
    },
  };
}
