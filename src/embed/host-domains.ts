import { type Adoptions, createAdoptions } from '../domain/adoptions.ts';
import { createDomainProcess, sweepLeftRuns } from '../domain/domain-process.ts';
import { createLiveDomains } from '../domain/live-domains.ts';
import { createPool } from '../domain/pool.ts';
import { cacheFolder, runFolder } from '../host/paths.ts';
import type { DomainSpec } from '../model/domain.ts';
import type { Environment } from '../model/environment.ts';
import { DomstartError } from '../model/errors.ts';
import type { JobDefinition } from '../model/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hypervisor } from '../ports/hypervisor.ts';
import type { ImageBuilder } from '../ports/images.ts';
import type { LiveDomains } from '../ports/live-domains.ts';
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
  /** Where an instance hands it back that has a place of its own for it. */
  readonly outputFor?: (environment: Environment) => string | undefined;
  /** The control socket of a daemon: its domains may outlive it, and are left to the next one there. */
  readonly owner?: string;
  /** There is a pool of domains (`domain pool`); called with what is wrong with it. */
  readonly onPoolProblem?: (error: DomstartError) => void;
}

/** What makes images here, and what runs them. */
export interface Host {
  readonly images: ImageBuilder;
  readonly hypervisor: Hypervisor;
}

/** To be disposed of when no domain runs any more. */
interface HostDomains extends AsyncDisposable {
  readonly create: CreateMainProcess;
  readonly live: LiveDomains;
  /** The jobs that are loaded now: domains are kept ready for those that want it. */
  setJobs(jobs: readonly JobDefinition[]): void;
  /** Those that an earlier daemon has left to this one. */
  readonly adoptions: Adoptions;
  /** Ends and removes what killed runs and builds left; else that happens before the first run. */
  sweep(): Promise<void>;
}

/**
 * Domains of this host: under Xen where it answers, under QEMU elsewhere, and where `domain on` says
 * so. Looking for what the host has begins with the first domain, so that an engine without one
 * costs nothing; it finds, it never fetches.
 */
export function createHostDomains(options: HostDomainsOptions): HostDomains {
  const { clock, cache = cacheFolder(), runs = runFolder() } = options;
  const looking = { clock, cache };
  const qemu = createSharedWork('looking for what this host has', async (signal) => {
    const { findQemuHost } = await import('./qemu-host.ts');
    return findQemuHost({ ...looking, signal });
  });
  const xen = createSharedWork('looking for what this Xen host has', async (signal) => {
    const { findXenHost } = await import('./xen-host.ts');
    return findXenHost({ ...looking, signal });
  });
  const usual = createSharedWork('looking for Xen', async () => {
    const { xenAnswers } = await import('./xen-host.ts');
    return (await xenAnswers(clock)) ? xen : qemu;
  });

  async function hostOf({ on }: DomainSpec, signal: AbortSignal): Promise<Host> {
    const host = on === undefined ? await usual.get(signal) : { qemu, xen }[on];
    return host.get(signal);
  }

  async function sweepBuilds(): Promise<void> {
    const { sweepLeftBuilds } = await import('../image/sweep-left-builds.ts');
    await sweepLeftBuilds(cache);
  }

  const live = createLiveDomains();
  const adoptions = createAdoptions();
  const heir = options.owner === undefined ? undefined : { owner: options.owner, adoptions };
  const pool =
    options.onPoolProblem &&
    createPool({
      ...{ clock, runDir: runs, onProblem: options.onPoolProblem },
      async blank(request) {
        const { images } = await hostOf(request.domain, request.signal);
        if (images.blank !== undefined) return images.blank(request);
        throw new DomstartError('not-supported', 'this host makes no images for a pool');
      },
      hypervisorFor: async (domain, signal) => (await hostOf(domain, signal)).hypervisor,
    });
  const create = createDomainProcess({
    clock,
    live,
    ...(pool && { pool }),
    ...(heir && { heir }),
    runDir: runs,
    ...(options.outputs === undefined ? {} : { outputDir: options.outputs }),
    ...(options.outputFor && { outputFor: options.outputFor }),
    images: {
      async build(request) {
        await sweepBuilds();
        const { images } = await hostOf(request.domain, request.signal);
        return images.build(request);
      },
    },
    hypervisor: {
      async create(request) {
        const { hypervisor } = await hostOf(request.domain, request.signal);
        return hypervisor.create(request);
      },
      async adopt(request) {
        const { hypervisor } = await hostOf(request.domain, request.signal);
        return hypervisor.adopt?.(request);
      },
      async restore(request) {
        const { hypervisor } = await hostOf(request.domain, request.signal);
        if (hypervisor.restore !== undefined) return hypervisor.restore(request);
        throw new DomstartError('not-supported', 'only Xen restores domains', {
          hint: 'this host has none, or the job says `domain on qemu`',
        });
      },
    },
  });
  return {
    create,
    live,
    setJobs: (jobs) => pool?.setJobs(jobs),
    adoptions,
    async sweep() {
      await sweepLeftRuns(runs, clock, heir);
      await sweepBuilds();
    },
    async [Symbol.asyncDispose]() {
      await pool?.[Symbol.asyncDispose]();
      await Promise.all([usual, xen, qemu].map((work) => work[Symbol.asyncDispose]()));
    },
  };
}
