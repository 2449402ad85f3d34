/** Tells whether what a console showed last is what a kernel says last. */
export interface LastWords {
  push(bytes: Uint8Array): void;
  readonly said: boolean;
}

/** Of Linux's kernel/reboot.c, each with the end of its line. */
const SAID = /reboot: (?:Power down|System halted|Restarting system)\r?\n$/;

const LONGEST = 128;

/**
 * A hint, and no more: whoever writes the same as the last thing of its life loses only what came
 * from itself.
 */
export function createLastWords(): LastWords {
  let tail = '';
  return {
    push(bytes) {
      const { buffer, byteOffset, byteLength } = bytes;
      const skipped = Math.max(0, byteLength - LONGEST);
      const end = Buffer.from(buffer, byteOffset + skipped, byteLength - skipped);
      tail = (tail + end.toString('latin1')).slice(-LONGEST);
    },
    get said() {
      return SAID.test(tail);
    },
  };
}
