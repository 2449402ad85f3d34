import { proveAcceleration } from '../domain/qemu/acceleration.ts';
import { createQemu } from '../domain/qemu/hypervisor.ts';
import { findHost } from '../host/find-host.ts';
import type { Clock } from '../ports/clock.ts';
import type { Host } from './host-domains.ts';
import { createHostImages } from './host-images.ts';

/** Finds QEMU and what guests are made from; loaded with the first domain. */
export async function findQemuHost(options: {
  readonly clock: Clock;
  readonly cache: string;
  readonly signal: AbortSignal;
}): Promise<Host> {
  const { clock, cache, signal } = options;
  const tools = await findHost({ cache, signal });
  const proof = await proveAcceleration({
    qemu: tools.qemu,
    kernel: tools.kernel.vmlinux,
    cacheFolder: cache,
    clock,
    signal,
  });
  return {
    images: createHostImages({ tools, cache }),
    hypervisor: createQemu({ qemu: tools.qemu, acceleration: proof.kind, clock }),
  };
}
