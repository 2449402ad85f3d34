import { DomstartError } from '../model/errors.ts';
import type { HostTools } from '../ports/host-tools.ts';
import { findBusybox } from './busybox.ts';
import { findKernel } from './kernel.ts';
import { findQemu, INSTALL_QEMU } from './qemu.ts';
import { readToolsRecord } from './tools-record.ts';

/**
 * What `ensureHost` fetched, or what the host had before; fetches nothing itself. Where all is as it
 * was the last time this costs a few stat calls. Throws `host-incapable` with what to run.
 */
export async function findHost(options: {
  readonly cache: string;
  readonly signal: AbortSignal;
}): Promise<HostTools> {
  const { cache, signal } = options;
  const known = readToolsRecord(cache);
  const qemu = known.qemu ?? (await findQemu(cache, signal));
  const kernel = known.kernel ?? (await findKernel(cache));
  const busybox = known.busybox ?? (await findBusybox(cache));
  if (qemu !== undefined && kernel !== undefined && busybox !== undefined) {
    return { qemu, kernel, busybox };
  }
  const missing = Object.entries({ QEMU: qemu, 'a kernel': kernel, busybox })
    .filter(([, found]) => found === undefined)
    .map(([name]) => name);
  throw new DomstartError('host-incapable', `this host lacks ${missing.join(', ')}`, {
    hint: `run \`domstart setup\`, which gets it${qemu === undefined ? `; or as root: ${INSTALL_QEMU}` : ''}`,
  });
}
