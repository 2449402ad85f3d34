/** What a guest's kernel says last, which QEMU itself cannot know. */
export interface KernelSigns {
  push(bytes: Uint8Array): void;
  /** The kernel panicked; with `panic=-1` it then resets, as for a reboot. */
  readonly panicked: boolean;
}

/** Long enough for the lines looked for with their time stamps. */
const MAX_LINE = 256;

/** With CONFIG_PRINTK_TIME or without. `end` marks the exact and whole line. */
const HALTED = /^(?:\[ *\d+\.\d+\] ?)?reboot: System halted$/;
const PANICKED = /^(?:\[ *\d+\.\d+\] ?)?Kernel panic - not syncing/;

/**
 * Reads a console for two lines of the kernel. `onHalted` is called when it says that the machine
 * halted without powering off. A program of the guest can write the same: these are hints.
 */
export function createKernelSigns(onHalted: () => void): KernelSigns {
  let line = '';
  let panicked = false;

  function finish(): void {
    if (PANICKED.test(line)) panicked = true;
    else if (HALTED.test(line)) onHalted();
    line = '';
  }

  return {
    push(bytes) {
      const pieces = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        .toString('latin1')
        .split(/[\r\n]+/);
      for (const [index, piece] of pieces.entries()) {
        if (index > 0) finish();
        if (line.length < MAX_LINE) line += piece.slice(0, MAX_LINE);
      }
    },
    get panicked() {
      return panicked;
    },
  };
}
