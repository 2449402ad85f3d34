import { ownSocketPath, socketPath } from '../daemon/control/socket-path.ts';
import { inspectDaemon } from '../daemon/inspect-daemon.ts';
import { proveAcceleration } from '../domain/qemu/acceleration.ts';
import { findHost } from '../host/find-host.ts';
import { type Finding, inspectHost } from '../host/inspect-host.ts';
import { cacheFolder } from '../host/paths.ts';
import { messageOf } from '../model/errors.ts';
import { systemClock } from '../process/system-clock.ts';
import { EXIT } from './exit-codes.ts';
import { print, say } from './output.ts';
import { styleFor } from './style.ts';

/** `domstart doctor`: what this host can do. 69 when it cannot run a domain at all. */
export async function doctor(options: { readonly json?: true }): Promise<number> {
  const style = styleFor(process.stdout);
  let ready = true;
  for await (const finding of findings()) {
    if (finding.needed && !finding.ok) ready = false;
    if (options.json) {
      print(JSON.stringify(finding));
      continue;
    }
    const sign = finding.ok
      ? style('green', 'ok  ')
      : finding.needed
        ? style('red', 'no  ')
        : style('yellow', 'no  ');
    print(`${sign} ${finding.name.padEnd(10)} ${finding.detail}`);
    if (finding.fix !== undefined) print(`${' '.repeat(16)}${style('dim', `fix: ${finding.fix}`)}`);
  }
  if (!options.json) say(ready ? 'this host can run domains' : 'this host cannot run domains yet');
  return ready ? EXIT.ok : EXIT.hostIncapable;
}

async function* findings(): AsyncGenerator<Finding> {
  yield* inspectHost();
  yield await inspectKvm();
  const surroundings = { environment: process.env, uid: process.getuid?.() ?? 0 };
  yield* inspectDaemon({
    socket: socketPath(surroundings),
    ownSocket: ownSocketPath(surroundings),
  });
}

/** KVM's device proves nothing: there is KVM where a kernel was booted with it. */
async function inspectKvm(): Promise<Finding> {
  const cache = cacheFolder();
  const { signal } = new AbortController();
  try {
    const { qemu, kernel } = await findHost({ cache, signal });
    const { kind, reason, hint } = await proveAcceleration({
      qemu,
      kernel: kernel.vmlinux,
      cacheFolder: cache,
      clock: systemClock,
      signal,
    });
    const fix = hint === undefined ? {} : { fix: hint };
    return { name: 'kvm', ok: kind === 'kvm', needed: false, detail: reason, ...fix };
  } catch (error) {
    const fix = 'domstart setup';
    return { name: 'kvm', ok: false, needed: false, detail: `not tried: ${messageOf(error)}`, fix };
  }
}
