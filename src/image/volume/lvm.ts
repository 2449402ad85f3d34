import { DomstartError } from '../../model/errors.ts';
import { findExecutable } from '../../system/find-executable.ts';

interface LvmResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** What it complained about, without warnings. */
  readonly complaint: string;
}

/**
 * Runs a tool of LVM to its end, in any case: while it changes anything it cannot be interrupted
 * without volumes staying suspended. So it is asked to end, never killed, and of its own accord it does
 * that where it can. Throws `host-incapable`, `host-io` and `cancelled`.
 */
export async function runLvm(
  name: 'lvs' | 'lvcreate' | 'lvremove' | 'lvchange' | 'dmsetup',
  args: readonly string[],
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<LvmResult> {
  const path = [process.env['PATH'], '/usr/sbin', '/sbin'].filter(Boolean).join(':');
  const file = findExecutable(name, { path });
  if (file === undefined) {
    const message = `this host has no ${name}, which LVM volumes need`;
    throw new DomstartError('host-incapable', message, { hint: '`apt-get install lvm2`' });
  }
  const { execa } = await import('execa');
  const result = await execa(file, args, {
    ...(signal === undefined ? {} : { cancelSignal: signal }),
    forceKillAfterDelay: false,
    reject: false,
    stdin: 'ignore',
    env: { LC_ALL: 'C', LVM_SUPPRESS_FD_WARNINGS: '1' },
  });
  if (signal?.aborted) throw new DomstartError('cancelled', `${name} was stopped`);
  const complaint = complaintOf(result.stderr) || (result.shortMessage ?? '');
  if (result.failed) refuseHost(complaint);
  return { ok: !result.failed, stdout: result.stdout, complaint };
}

function complaintOf(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  const errors = lines.filter((line) => line !== '' && !line.startsWith('WARNING:'));
  return errors.slice(-3).join('; ');
}

/** Throws where nothing of LVM works here, or not for us. */
function refuseHost(complaint: string): void {
  if (/permission denied|non-root/i.test(complaint)) {
    const message = `no right to use LVM: ${complaint}`;
    throw new DomstartError('host-io', message, { hint: 'LVM volumes take root' });
  }
  if (/communicate with kernel device-mapper/i.test(complaint)) {
    const message = "this host's kernel has no device-mapper, which LVM volumes need";
    throw new DomstartError('host-incapable', message, { hint: '`modprobe dm_mod`' });
  }
}
