import { ensureHost } from '../host/ensure-host.ts';
import { say } from './output.ts';
import { untilInterrupted } from './until-interrupted.ts';

/** `domstart setup`: gets what is missing, with progress; 69 and the command to run if it cannot. */
export function setup(): Promise<number> {
  return untilInterrupted('setup', ensureHost, ({ qemu, kernel, busybox }) =>
    say(`setup: QEMU ${qemu.version}, kernel ${kernel.version}, busybox ${busybox.version}: ready`),
  );
}
