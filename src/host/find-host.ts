import { DomstartError } from '../model/errors.ts';
import type { GuestTools, HostTools } from '../ports/host-tools.ts';
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
  throw lacking(found);
}

/** The same for a host whose guests need no QEMU. */
export async function findGuestTools(options: {
  readonly cache: string;
  readonly signal: AbortSignal;
}): Promise<GuestTools> {
  const { kernel, busybox, ...rest } = await findTools(options.cache, options.signal);
  if (kernel !== undefined && busybox !== undefined) return { kernel, busybox };
  throw lacking({ kernel, busybox, ...rest }, { qemuNeeded: false });
}

/** The same for who may need none of them: `host-incapable` is thrown where one is asked for. */
export async function findToolsAsNeeded(options: {
  readonly cache: string;
  readonly signal: AbortSignal;
}): Promise<GuestTools> {
  const found = await findTools(options.cache, options.signal);
  return {
    get kernel() {
      if (found.kernel === undefined) throw lacking(found, { qemuNeeded: false });
      return found.kernel;
    },
    get busybox() {
      if (found.busybox === undefined) throw lacking(found, { qemuNeeded: false });
      return found.busybox;
    },
  };
}

function lacking({ qemu, kernel, busybox }: FoundTools, { qemuNeeded = true } = {}): DomstartError {
  const parts = { ...(qemuNeeded && { QEMU: qemu }), 'a kernel': kernel, busybox };
  const missing = Object.entries(parts)
    .filter(([, part]) => part === undefined)
    .map(([name]) => name);
  const install = qemuNeeded && qemu === undefined ? `; or as root: ${INSTALL_QEMU}` : '';
  return new DomstartError('host-incapable', `this host lacks ${missing.join(', ')}`, {
    hint: `run \`domstart setup\`, which gets it${install}`,
  });
}

export function isComplete(found: Partial<FoundTools>): found is HostTools {
  return found.qemu !== undefined && found.kernel !== undefined && found.busybox !== undefined;
}
