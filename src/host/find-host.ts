import { DomstartError } from '../model/errors.ts';
import type { HostTools } from '../ports/host-tools.ts';
import { findBusybox } from './busybox.ts';
import { findKernel } from './kernel.ts';
import { findQemu, INSTALL_QEMU } from './qemu.ts';
import { readToolsRecord, writeToolsRecord } from './tools-record.ts';

export type FoundTools = { readonly [Part in keyof HostTools]: HostTools[Part] | undefined };

/**
 * What is here already. Where all is as it was the last time this costs a few stat calls; what had
 * to be looked for, and was found, is remembered for the next time.
 */
export async function findTools(cache: string, signal: AbortSignal): Promise<FoundTools> {
  const known = readToolsRecord(cache);
  const found = {
    qemu: known.qemu ?? (await findQemu(cache, signal)),
    kernel: known.kernel ?? (await findKernel(cache)),
    busybox: known.busybox ?? (await findBusybox(cache)),
  };
  if (isComplete(found) && !isComplete(known)) await writeToolsRecord(cache, found);
  return found;
}

/**
 * What `ensureHost` fetched, or what the host had before; fetches nothing itself. Throws
 * `host-incapable` with what to run.
 */
export async function findHost(options: {
  readonly cache: string;
  readonly signal: AbortSignal;
}): Promise<HostTools> {
  const found = await findTools(options.cache, options.signal);
  if (isComplete(found)) return found;
  const { qemu, kernel, busybox } = found;
  const missing = Object.entries({ QEMU: qemu, 'a kernel': kernel, busybox })
    .filter(([, part]) => part === undefined)
    .map(([name]) => name);
  throw new DomstartError('host-incapable', `this host lacks ${missing.join(', ')}`, {
    hint: `run \`domstart setup\`, which gets it${qemu === undefined ? `; or as root: ${INSTALL_QEMU}` : ''}`,
  });
}

export function isComplete(found: Partial<FoundTools>): found is HostTools {
  return found.qemu !== undefined && found.kernel !== undefined && found.busybox !== undefined;
}
