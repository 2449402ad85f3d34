import { createDomainProcess, sweepLeftRuns } from '../domain/domain-process.ts';
import { cacheFolder, runFolder } from '../host/paths.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hypervisor } from '../ports/hypervisor.ts';
import type { ImageBuilder } from '../ports/images.ts';
import type { CreateMainProcess } from '../ports/main-process.ts';
import { createSharedWork } from './shared-work.ts';

export interface HostDomainsOptions {
  readonly clock: Clock;
  /** Kernels and base images. Default: DOMSTART_CACHE, or domstart in the user's cache folder. */
  readonly cache?: string;
  /** What lives as long as a run. Default: DOMSTART_RUN, or domstart in the user's runtime folder. */
  readonly runs?: string;
  /** Gets a folder for each instance that hands something back. Default: the working folder. */
  readonly outputs?: string;
}

interface Host {
  readonly images: ImageBuilder;
  readonly hypervisor: Hypervisor;
}

/** To be disposed of when no domain runs any more. */
interface HostDomains extends AsyncDisposable {
  readonly create: CreateMainProcess;
  /** Ends and removes what killed runs left; else that happens before the first run. */
  sweep(): Promise<void>;
}

/**
 * Domains of this host, under QEMU. Looking for what the host has begins with the first domain, so
 * that an engine without one costs nothing; it finds, it never fetches.
 */
export function createHostDomains(options: HostDomainsOptions): HostDomains {
  const { clock, cache = cacheFolder(), runs = runFolder() } = options;
  const host = createSharedWork('looking for what this host has', look);

  /** What only a domain needs is loaded with the first one, too. */
  async function look(signal: AbortSignal): Promise<Host> {
    const [{ findHost }, { proveAcceleration }, { createQemu }, { createHostImages }] =
      await Promise.all([
        import('../host/find-host.ts'),
        import('../domain/qemu/acceleration.ts'),
        import('../domain/qemu/hypervisor.ts'),
        import('./host-images.ts'),
      ]);
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

  const create = createDomainProcess({
    clock,
    runDir: runs,
    ...(options.outputs === undefined ? {} : { outputDir: options.outputs }),
    images: { build: async (request) => (await host.get(request.signal)).images.build(request) },
    hypervisor: {
      kind: 'qemu',
      create: async (request) => (await host.get(request.signal)).hypervisor.create(request),
    },
  });
  return {
    create,
    sweep: () => sweepLeftRuns(runs),
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}
