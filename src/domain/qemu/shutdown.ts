import type { Duplex } from 'node:stream';
import type { Clock } from '../../ports/clock.ts';
import type { Qmp } from './qmp.ts';

/** The kernel takes a break and a key for one key press if they are close, but not at once. */
const KEY_AFTER_MS = 100;
const AGAIN_AFTER_MS = 1000;

export interface Shutdown {
  /** Asks the guest to end; idempotent. Does nothing after `stop`. */
  ask(): void;
  /** The guest is gone. */
  stop(): void;
}

/** Presses the power button: an init that has a daemon for it shuts the guest down in order. */
export function pressPowerButton(qmp: Qmp): Shutdown {
  return {
    ask: () => send(qmp, 'system_powerdown'),
    stop: () => {},
  };
}

/**
 * Sends SIGTERM to the job of a guest with our small init: the kernel does that for everything but
 * its init at SysRq-e, which is a break and an `e` on the serial line (Linux, admin-guide/sysrq).
 * The job may end in its own way, the init tells its status and powers off. A break that comes
 * while the guest itself writes may get lost, so it is sent again.
 */
export function terminateJob(options: {
  readonly qmp: Qmp;
  readonly console: Duplex;
  readonly clock: Clock;
}): Shutdown {
  const { qmp, console, clock } = options;
  let asked = false;
  let stopped = false;
  let forget = () => {};

  function press(): void {
    send(qmp, 'chardev-send-break', { id: 'console' });
    forget = clock.after(KEY_AFTER_MS, () => {
      console.write('e');
      forget = clock.after(AGAIN_AFTER_MS, press);
    });
  }

  return {
    ask() {
      if (asked || stopped) return;
      asked = true;
      press();
    },
    stop() {
      stopped = true;
      forget();
    },
  };
}

/** QEMU may be gone or going: then there is nothing to ask for any more. */
function send(qmp: Qmp, command: string, args?: Readonly<Record<string, unknown>>): void {
  qmp.execute(command, args).catch(() => undefined);
}
