import type { DomainEnd } from '../../ports/hypervisor.ts';
import type { ProcessEnd } from './process.ts';

export interface LastSigns {
  /** The reason of QMP's SHUTDOWN event, where one came. */
  readonly shutdown: string | undefined;
  /** What the host could not do with a disk, for people. */
  readonly diskFault: string | undefined;
  /** The kernel panicked on the console. */
  readonly panicked: boolean;
  /** The processors stand still for ever. */
  readonly halted: boolean;
  /** `destroy()` was called. */
  readonly destroyed: boolean;
  readonly process: ProcessEnd;
}

/** Why a domain ended, from everything that was seen of its end (QEMU's `ShutdownCause`). */
export function endReason(signs: LastSigns): DomainEnd {
  if (signs.diskFault !== undefined) return { reason: 'host-io', detail: signs.diskFault };
  switch (signs.shutdown) {
    case 'guest-shutdown':
      return { reason: 'poweroff' };
    case 'guest-reset':
      return { reason: signs.panicked ? 'crash' : 'reboot' };
    case 'guest-panic':
      return { reason: 'crash' };
    case 'host-qmp-quit':
      return { reason: 'destroyed' };
  }
  if (signs.halted) return { reason: 'poweroff' };
  if (signs.destroyed) return { reason: 'destroyed' };
  return { reason: 'failed', detail: describe(signs.process) };
}

function describe({ status, signal, messages }: ProcessEnd): string {
  const how = signal === null ? `exited with status ${status}` : `was killed by ${signal}`;
  return messages === '' ? `QEMU ${how}` : `QEMU ${how}: ${messages}`;
}
