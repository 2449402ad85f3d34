import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DomainSpec } from '../model/domain.ts';
import { type DomstartError, toDomstartError } from '../model/errors.ts';
import type { JobDefinition } from '../model/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hypervisor, ReadyDomain } from '../ports/hypervisor.ts';
import type { BuiltImage, ImageBuilder } from '../ports/images.ts';
import { endLeftRun } from './left-runs.ts';
import { createRunFolder, type RunFolder } from './run-folder.ts';

/** A domain that waits for a run. */
export interface PoolMember {
  /** Its folder becomes that of the run. */
  readonly folder: RunFolder;
  readonly token: string;
  readonly image: BuiltImage;
  readonly domain: ReadyDomain;
  /** Its run has booted, or is over: from now on its place may be filled. Idempotent. */
  settled(): void;
}

/** Domains that are created ahead and have never run: `domain pool`. */
export interface Pool extends AsyncDisposable {
  /** The jobs that are loaded now; to be called whenever one came, changed or went. */
  setJobs(jobs: readonly JobDefinition[]): void;
  /** One for a run of this job, which is the run's from then on. */
  take(job: JobDefinition): PoolMember | undefined;
}

export interface PoolOptions {
  readonly clock: Clock;
  readonly runDir: string;
  readonly blank: Required<ImageBuilder>['blank'];
  /** Undefined where domains are created in no time, so that there is no pool. */
  readonly hypervisorFor: (
    domain: DomainSpec,
    signal: AbortSignal,
  ) => Promise<Pick<Hypervisor, 'ready'>>;
  /** Told once, until it goes well again. */
  readonly onProblem: (error: DomstartError) => void;
}

/** Milliseconds until one that could not be made is tried again: memory may be free by then. */
const AGAIN = 60_000;

/** Milliseconds from a run's boot until its place is filled: many guests are over by then. */
const REFILL = 5_000;

interface Pooled {
  readonly job: JobDefinition;
  readonly domain: DomainSpec;
  /** Of all that a member is made from. */
  readonly key: string;
  readonly members: Set<PoolMember>;
  /** There is none to be had, or not now. */
  rests: boolean;
}

/** One at a time is made, so that it is never more than one that a real start has to wait for. */
export function createPool(options: PoolOptions): Pool {
  const { clock, runDir, onProblem } = options;
  const over = new AbortController();
  const timers = new Set<() => void>();
  const leaving = new Set<Promise<void>>();
  let pooled: ReadonlyMap<string, Pooled> = new Map();
  let filling: Promise<void> | undefined;
  /** Something has changed since that began. */
  let again = false;
  let told: string | undefined;

  function fill(): void {
    if (over.signal.aborted) return;
    again = filling !== undefined;
    filling ??= fillAll().finally(() => {
      filling = undefined;
      if (again) fill();
    });
  }

  async function fillAll(): Promise<void> {
    for (let next = lacking(); next !== undefined; next = lacking()) await add(next);
  }

  function lacking(): Pooled | undefined {
    if (over.signal.aborted) return undefined;
    const all = [...pooled.values()];
    return all.find(({ rests, members, domain }) => !rests && members.size < (domain.pool ?? 0));
  }

  async function add(to: Pooled): Promise<void> {
    try {
      const member = await make(to);
      if (member === undefined) {
        to.rests = true;
        return;
      }
      told = undefined;
      if (pooled.get(to.job.name) !== to || over.signal.aborted) {
        discard(member);
        return;
      }
      to.members.add(member);
      void member.domain.over.then(() => {
        // Somebody has ended it.
        if (!to.members.delete(member)) return;
        discard(member);
        rest(to);
      });
    } catch (error) {
      if (!over.signal.aborted) tell(toDomstartError(error));
      rest(to);
    }
  }

  async function make({ job, domain: spec }: Pooled): Promise<PoolMember | undefined> {
    const { signal } = over;
    const hypervisor = await options.hypervisorFor(spec, signal);
    if (hypervisor.ready === undefined) return undefined;
    const folder = await createRunFolder({ runDir, job: job.name, instance: '' });
    try {
      const token = randomBytes(16).toString('hex');
      const imageFolder = join(folder.path, 'waiting');
      await mkdir(imageFolder);
      const { name: _, ...domain } = spec;
      const common = { domain, environment: new Map<string, string>(), signal };
      const image = await options.blank({
        ...common,
        ...(job.file !== undefined && { jobFile: job.file }),
        ...{ folder: imageFolder, token, onProgress: () => {} },
      });
      const ready = await hypervisor.ready({
        ...{ ...common, id: folder.id, name: folder.id, image, folder: folder.path },
        machine: 'fast',
      });
      const settled = () => later(REFILL, fill);
      return { folder, token, image, domain: ready, settled };
    } catch (error) {
      // It may be there in part.
      await endLeftRun({ folder }, clock);
      throw error;
    }
  }

  function rest(of: Pooled): void {
    of.rests = true;
    later(AGAIN, () => {
      of.rests = false;
      fill();
    });
  }

  function later(ms: number, act: () => void): void {
    const forget = clock.after(ms, () => {
      timers.delete(forget);
      act();
    });
    timers.add(forget);
  }

  function tell(error: DomstartError): void {
    if (told === error.message) return;
    told = error.message;
    onProblem(error);
  }

  function discard(member: PoolMember): void {
    const left = discardMember(member)
      .catch((error: unknown) => tell(toDomstartError(error)))
      .finally(() => leaving.delete(left));
    leaving.add(left);
  }

  return {
    setJobs(jobs) {
      const next = new Map<string, Pooled>();
      for (const job of jobs) {
        const { domain } = job;
        if (domain === undefined || (domain.pool ?? 0) === 0) continue;
        const key = keyOf(job);
        const before = pooled.get(job.name);
        const same = before?.key === key;
        next.set(job.name, same ? before : { job, domain, key, members: new Set(), rests: false });
      }
      for (const [name, old] of pooled) {
        if (next.get(name) === old) continue;
        for (const member of old.members) discard(member);
        old.members.clear();
      }
      pooled = next;
      fill();
    },

    take(job) {
      const from = pooled.get(job.name);
      if (from === undefined || from.key !== keyOf(job)) return undefined;
      const [member] = from.members;
      if (member === undefined) return undefined;
      from.members.delete(member);
      return member;
    },

    async [Symbol.asyncDispose]() {
      over.abort();
      for (const forget of timers) forget();
      await filling;
      for (const { members } of pooled.values()) for (const member of members) discard(member);
      pooled = new Map();
      await Promise.all(leaving);
    },
  };
}

/** Removes one that was never started. Throws `host-io`, and then its folder stays for the next start. */
async function discardMember({ domain, folder }: PoolMember): Promise<void> {
  await domain.destroy();
  await folder.remove();
}

/** Bytes that are handed in through a console in about the time that the creation would take. */
const MOST_HANDED_IN = 128 * 1024;

/** Whether a run of this image can go on in that domain: what they share is the same. */
export function fitsMember({ image }: PoolMember, { kernel, own }: BuiltImage): boolean {
  if (own === undefined || own.bytes > MOST_HANDED_IN) return false;
  return kernel === image.kernel && own.base === image.own?.base;
}

/** The run's image, with the disks that the domain has already. */
export function imageInMember(
  { image: { disks, output } }: PoolMember,
  image: BuiltImage,
): BuiltImage {
  const { output: own } = image;
  return {
    ...image,
    ...(disks && { disks }),
    ...(own && output && { output: { ...own, path: output.path } }),
    description: `${image.description}, from the pool`,
  };
}

/** What the job's members are made from; a new text of its guest is handed in. */
function keyOf({ file, domain }: JobDefinition): string {
  const { guest, pool, timeout, console, inputs, ...made } = domain ?? {};
  return JSON.stringify([file, made]);
}
