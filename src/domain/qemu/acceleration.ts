import { accessSync, constants, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_MEMORY } from '../../model/domain.ts';
import { DomstartError, messageOf } from '../../model/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { QemuTool } from '../../ports/host-tools.ts';
import { type AccelerationKind, KERNEL_OPTIONS, machineArguments } from './arguments.ts';
import { createKernelSigns } from './kernel-signs.ts';
import { startQemu } from './process.ts';

export interface AccelerationProof {
  readonly kind: AccelerationKind;
  /** Why, for people. */
  readonly reason: string;
  /** What to do for hardware acceleration, where it is not there. */
  readonly hint?: string;
  /** It was proven earlier, since the host booted. */
  readonly cached: boolean;
}

type Verdict = Pick<AccelerationProof, 'kind' | 'reason' | 'hint'>;

export interface ProveAccelerationOptions {
  readonly qemu: QemuTool;
  /** An uncompressed kernel; it is booted as the proof. */
  readonly kernel: string;
  /** Keeps the verdict until the host boots again, or changes its kernel or QEMU. */
  readonly cacheFolder: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly device?: string;
}

/** A kernel boots under KVM in well under a second. */
const LIMIT_MS = 3000;

/**
 * Whether guests run under KVM, by proof: the device is there on hosts where every guest hangs, or
 * QEMU aborts. A kernel without a root file system is booted up to its panic about that; if it does
 * not come so far in time, guests are emulated. Once for each boot of the host; then the answer
 * costs a small file. Rejects only where the signal is aborted.
 */
export async function proveAcceleration(
  options: ProveAccelerationOptions,
): Promise<AccelerationProof> {
  const { device = '/dev/kvm', cacheFolder, qemu } = options;
  const fault = deviceFault(device);
  if (fault !== undefined) return { ...fault, cached: false };
  const file = join(cacheFolder, 'acceleration.json');
  const key = [bootId(), release(), qemu.version, options.kernel].join(' ');
  const known = readVerdict(file, key);
  if (known !== undefined) return { ...known, cached: true };
  const verdict = await bootOnce(options);
  await writeVerdict(file, { key, ...verdict });
  return { ...verdict, cached: false };
}

function deviceFault(device: string): Verdict | undefined {
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return missing
      ? {
          kind: 'tcg',
          reason: `${device} is not there`,
          hint: 'turn virtualisation on in the firmware, or nested virtualisation in the host of this machine',
        }
      : {
          kind: 'tcg',
          reason: `${device} may not be used: ${messageOf(error)}`,
          hint: 'join the group kvm: `sudo usermod -aG kvm $USER`, then log in again',
        };
  }
}

async function bootOnce(options: ProveAccelerationOptions): Promise<Verdict> {
  const { qemu, kernel, clock, signal } = options;
  if (signal.aborted) throw cancelled();
  const args = [
    ...machineArguments({ type: 'pc', acceleration: 'kvm', memory: DEFAULT_MEMORY, vcpus: 1 }),
    ...['-kernel', kernel, '-append', `${KERNEL_OPTIONS} quiet`],
  ];
  let inTime = true;
  try {
    const process = await startQemu(qemu, args);
    const forget = clock.after(LIMIT_MS, () => {
      inTime = false;
      process.kill();
    });
    signal.addEventListener('abort', process.kill, { once: true });
    const signs = createKernelSigns(() => undefined);
    process.console.on('data', (bytes: Buffer) => signs.push(bytes));
    process.console.on('error', () => undefined);
    const { messages } = await process.closed;
    forget();
    signal.removeEventListener('abort', process.kill);
    if (signal.aborted) throw cancelled();
    if (signs.panicked) return { kind: 'kvm', reason: 'a kernel booted under KVM' };
    return unusable(inTime ? firstLine(messages) || 'QEMU gave up' : `a guest hung`);
  } catch (error) {
    if (signal.aborted) throw cancelled();
    return unusable(messageOf(error));
  }
}

function unusable(what: string): Verdict {
  return {
    kind: 'tcg',
    reason: `KVM is there but guests do not run under it: ${what}`,
    hint: 'if this machine is itself virtual, nested virtualisation of its host is off or broken',
  };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function cancelled(): DomstartError {
  return new DomstartError('cancelled', 'the test of KVM was cancelled');
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
}

function readVerdict(file: string, key: string): Verdict | undefined {
  try {
    const record: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof record !== 'object' || record === null) return undefined;
    const { key: knownKey, kind, reason, hint } = record as Readonly<Record<string, unknown>>;
    if (knownKey !== key || (kind !== 'kvm' && kind !== 'tcg')) return undefined;
    return { kind, reason: String(reason), ...(typeof hint === 'string' && { hint }) };
  } catch {
    return undefined;
  }
}

/** A verdict that cannot be kept is found again next time. */
async function writeVerdict(file: string, record: Verdict & { readonly key: string }) {
  const temporary = `${file}.${process.pid}`;
  try {
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(temporary, `${JSON.stringify(record)}\n`);
    await rename(temporary, file);
  } catch {
    // The cache may be read-only, or full: then nothing of this may stay in it.
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}
