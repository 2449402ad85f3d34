import type { Clock } from '../../ports/clock.ts';
import type { Qmp } from './qmp.ts';

/** The processor may be on its way from the kernel's last line to its last instruction. */
const FIRST_LOOK_MS = 50;

export interface HaltWatch {
  /** The console said that the kernel halted. Any program can say so: it is a reason to look. */
  suspect(): void;
  /** The guest is gone. */
  stop(): void;
}

/**
 * Finds out whether a guest halted without powering off, from its processors and not from what it
 * says. Looks at once and then ever more rarely, so that a guest that only says so costs nothing.
 */
export function watchForHalt(options: {
  readonly qmp: Qmp;
  readonly clock: Clock;
  readonly onHalted: () => void;
}): HaltWatch {
  const { qmp, clock, onHalted } = options;
  let stopped = false;
  let looking = false;
  let pause = FIRST_LOOK_MS;
  let forget = () => {};

  async function look(): Promise<void> {
    looking = true;
    const answer = await qmp
      .execute('human-monitor-command', { 'command-line': 'info registers -a' })
      .catch(() => '');
    looking = false;
    if (stopped) return;
    if (isHaltedForEver(String(answer))) {
      onHalted();
      return;
    }
    forget = clock.after(pause, look);
    pause *= 2;
  }

  return {
    suspect() {
      if (stopped || looking) return;
      forget();
      pause = FIRST_LOOK_MS;
      void look();
    },
    stop() {
      stopped = true;
      forget();
    },
  };
}

/** The interrupt flag of EFLAGS (Intel SDM, volume 1, 3.4.3). */
const INTERRUPT_FLAG = 0x200;

/** Whether every processor waits for an interrupt and takes none: nothing can happen any more. */
export function isHaltedForEver(registers: string): boolean {
  const processors = Array.from(
    registers.matchAll(/\b[ER]FL=([0-9a-f]+).*?\bHLT=([01])/g),
    ([, flags = '', halted]) =>
      halted === '1' && (Number.parseInt(flags, 16) & INTERRUPT_FLAG) === 0,
  );
  return processors.length > 0 && processors.every(Boolean);
}
