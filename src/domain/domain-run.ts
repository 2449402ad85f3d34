import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DomainSpec } from '../model/domain.ts';
import type { Environment } from '../model/environment.ts';
import { DomstartError, messageOf, toDomstartError } from '../model/errors.ts';
import { describeProblem, expand } from '../model/expand.ts';
import type { JobDefinition } from '../model/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hypervisor, RunningDomain } from '../ports/hypervisor.ts';
import type { BuiltImage, ImageBuilder } from '../ports/images.ts';
import type { LiveDomains } from '../ports/live-domains.ts';
import type { Ending, MainProcess, RunContext, Spawned } from '../ports/main-process.ts';
import { slowerPace } from '../ports/pace.ts';
import { type Attempt, type Outcome, startAttempt } from './attempt.ts';
import { type BootLimits, DEFAULT_BOOT_LIMITS } from './boot-watchdog.ts';
import { judge, LAST_LINES, type Order } from './ending.ts';
import { createKeeping } from './keeping.ts';
import { leavingOf } from './leaving.ts';
import { endLeftRun, type Heir } from './left-runs.ts';
import { createPhases } from './phases.ts';
import { fitsMember, imageInMember, type Pool, type PoolMember } from './pool.ts';
import { createRunFolder, type RunFolder } from './run-folder.ts';
import { imageOf, recordOf, removeRunRecord, writeRunRecord } from './run-record.ts';

export interface DomainProcessOptions {
  readonly hypervisor: Pick<Hypervisor, 'create' | 'adopt' | 'restore'>;
  readonly images: ImageBuilder;
  readonly clock: Clock;
  /** Holds a folder for each run while it lasts; made where it is missing. */
  readonly runDir: string;
  readonly bootLimits?: BootLimits;
  /** Gets a folder for each instance that hands something back. Default: the working folder. */
  readonly outputDir?: string;
  /** Where one hands it back that has a place of its own for it. */
  readonly outputFor?: (environment: Environment) => string | undefined;
  /** Where domains are noted as long as they run. */
  readonly live?: LiveDomains;
  /** Of domains that wait for runs. */
  readonly pool?: Pool;
  /** A daemon whose domains may outlive it, and what an earlier one has left it. */
  readonly heir?: Heir;
}

export interface DomainRunOptions extends DomainProcessOptions {
  readonly context: RunContext;
  readonly spec: DomainSpec;
  readonly sweepOnce: () => Promise<unknown>;
}

/**
 * One run of one instance: image, domain, console, end. The domain gets a second attempt with the
 * conservative machine where the first one hangs before its init runs; nobody outside sees more of
 * that than a note.
 */
export function createDomainRun(options: DomainRunOptions): MainProcess {
  const { hypervisor, images, clock, context, spec } = options;
  const { job, instance, environment, report } = context;
  // A job's name is the name of its file: a dollar sign in it is one.
  const naming = spec.name === undefined ? undefined : expand(spec.name, environment);
  const name = naming?.ok ? naming.text : job.name;
  const log = isLogged(job) ? context.log : undefined;
  const pace = slowerPace(context.pace, log?.pace);
  const adopted = options.heir?.adoptions.take(job.name, instance);
  const member = adopted === undefined ? options.pool?.take(job) : undefined;
  const token = adopted?.record.token ?? member?.token ?? randomBytes(16).toString('hex');
  const phases = createPhases(report, clock);
  const readiness = Promise.withResolvers<void>();
  // Nobody may be waiting for it when the domain ends.
  readiness.promise.catch(() => undefined);
  const abort = new AbortController();
  const told = new Set<string>();
  const keeping = createKeeping({
    ...{ seconds: spec.keepOnFailure, clock },
    onOver: () => attempt?.domain.destroy(),
  });

  /** The member of the pool that this run goes on in. */
  let waiting: PoolMember | undefined;
  let folder: RunFolder | undefined;
  let image: BuiltImage | undefined;
  let attempt: Attempt | undefined;
  /** There is a domain, or a part of one. */
  let mayBeThere = adopted !== undefined;
  let order: Order | undefined;
  let followed: Promise<Ending> | undefined;
  /** What the daemon before has seen and told is seen again, and not told. */
  let catchingUp = false;
  /** A line of the guest, since this daemon listens: what came before that has come whole. */
  let heard = false;
  const watchers = new Set<(line: string) => void>();

  /** Each event of the domain's own comes once in a run, also where a second attempt is made. */
  function tell(event: string, extra: Readonly<Record<string, string>> = {}): void {
    if (told.has(event)) return;
    told.add(event);
    if (catchingUp) return;
    const variables = Object.entries({ JOB: job.name, INSTANCE: instance, ...extra });
    report.emit(
      event,
      variables.map(([key, value]) => ({ name: key, value })),
    );
  }

  function becomeReady(): void {
    tell('domain-ready');
    member?.settled();
    readiness.resolve();
  }

  /**
   * Ends the domain by force, or its creation. The first reason counts, but a domain that was asked
   * to end and did not is one that was killed, or whose time was over.
   */
  function destroy(why: Order): void {
    const harder = why.kind === 'kill' || why.kind === 'deadline';
    if (order === undefined || (order.kind === 'terminate' && harder)) order = why;
    keeping.stop();
    abort.abort();
    attempt?.domain.destroy();
  }

  /** As `destroy`, but for a domain that people want to look into. */
  function fail(why: Order): void {
    if (keeping.until !== undefined) return;
    if (order === undefined && keep()) order = why;
    else destroy(why);
  }

  /** The domain goes on, though its job has failed. */
  function keep(): boolean {
    if (attempt === undefined || folder === undefined || !keeping.begin()) return false;
    const { id } = folder;
    const ways = `\`domstart domain console ${id}\` shows it, \`domstart domain destroy ${id}\` ends it`;
    phases.begin('kept');
    phases.note('kept', `it has failed and stays for ${spec.keepOnFailure} s: ${ways}`);
    return true;
  }

  /** For a later daemon. */
  function record(): void {
    const { heir } = options;
    if (heir === undefined || folder === undefined || image === undefined) return;
    const { path } = folder;
    try {
      writeRunRecord(path, recordOf({ owner: heir.owner, context, token, image, path }));
    } catch (error) {
      report.warn(`no later daemon could go on with its domain: ${messageOf(error)}`);
    }
  }

  async function start(machine: 'fast' | 'conservative'): Promise<Attempt> {
    if (folder === undefined || image === undefined) {
      throw new DomstartError('internal', `domain ${name} was spawned before it was prepared`);
    }
    phases.begin('create');
    mayBeThere = true;
    catchingUp = adopted !== undefined;
    const started = await startAttempt({
      hypervisor: creator(),
      clock,
      limits: options.bootLimits ?? DEFAULT_BOOT_LIMITS,
      token,
      request: {
        id: folder.id,
        name,
        domain: spec,
        environment,
        image,
        folder: folder.path,
        machine,
        signal: abort.signal,
        // One that goes on has it, but for one that begins anew.
        ...((adopted === undefined || adopted.memory) && { onAdoptable: record }),
        ...(pace === undefined ? {} : { pace }),
      },
      onCreated: () => tell('domain-created'),
      onLine(text) {
        if (catchingUp) return;
        if (!KERNEL_LINE.test(text)) heard = true;
        // Not as it was written: the marks of our init are in between.
        log?.write(Buffer.from(`${text}\n`));
        report.line({ source: 'console', text });
        for (const watch of watchers) watch(text);
      },
      onInit() {
        phases.begin('guest');
        if (spec.console.ready.length === 0) becomeReady();
      },
      onExit(status) {
        if (status === 0 || order !== undefined || !keep()) phases.begin('shutdown');
      },
      onMemory: (kilobytes) => report.fact('memoryUsed', kilobytes),
      onSighting({ ready, fail: pattern, event }, line) {
        if (ready) becomeReady();
        if (catchingUp) return;
        if (event !== undefined) report.emit(event.name, event.variables);
        if (pattern !== undefined) fail({ kind: 'fail', pattern, line });
      },
    });
    attempt = started;
    show(started.domain);
    report.fact('machine', started.domain.description);
    if (!started.initSeen()) phases.begin('boot');
    else if (spec.guest === undefined) phases.begin('guest');
    if (order !== undefined) started.domain.destroy();
    // It may have told its status before it was known that it runs: one that goes on has.
    else if ((started.exitStatus() ?? 0) !== 0) keep();
    return started;
  }

  function creator(): Pick<Hypervisor, 'create'> {
    if (adopted !== undefined) return adopting();
    const { domain } = waiting ?? {};
    // A second attempt is made with a domain of its own.
    waiting = undefined;
    return domain === undefined
      ? hypervisor
      : { create: (request) => domain.start({ ...request, token }) };
  }

  /** In the place of a creation. */
  function adopting(): Pick<Hypervisor, 'create'> {
    return {
      async create(request) {
        for (const event of ['image-built', 'domain-created']) tell(event);
        const onCaughtUp = () => {
          catchingUp = false;
        };
        const { memory } = adopted ?? {};
        const domain =
          memory === undefined
            ? await hypervisor.adopt?.({ ...request, onCaughtUp })
            : await hypervisor.restore?.({ ...request, onCaughtUp, memory });
        if (domain !== undefined) return domain;
        throw new DomstartError('domain-lost', `domain ${name} ended while no daemon was there`);
      },
    };
  }

  /** To people, who may take part in its life as a stop or a kill does. */
  function show(domain: RunningDomain): void {
    if (folder === undefined || image === undefined || options.live === undefined) return;
    const { pid, description, pause, unpause, isPaused, type } = domain;
    const record = recordOf({ owner: '', context, token, image, path: folder.path });
    const isAwaited = options.outputFor?.(environment) !== undefined;
    const remove = options.live.add({
      ...{ id: folder.id, name, job: job.name, instance, description, since: Date.now() },
      ...(pid !== undefined && { pid }),
      ...{ isPaused, pause, unpause, type },
      keptUntil: () => keeping.until,
      watch(onLine) {
        watchers.add(onLine);
        return {
          before: attempt?.lastLines(LAST_LINES) ?? [],
          over: domain.ended.then(() => undefined),
          stop: () => void watchers.delete(onLine),
        };
      },
      ...leavingOf(domain, { name, job, record, folder, isAwaited }),
      shutdown: () => terminate(),
      destroy: () => destroy({ kind: 'kill' }),
    });
    void domain.ended.then(remove);
  }

  function terminate(): void {
    order ??= { kind: 'terminate' };
    const isKept = keeping.until !== undefined;
    keeping.stop();
    // What is kept has been at its end.
    if (isKept) attempt?.domain.destroy();
    else attempt?.domain.shutdown();
  }

  async function outcomeOf({ outcome }: Attempt): Promise<Outcome> {
    const result = await outcome;
    mayBeThere = result.end.reason === 'failed';
    return result;
  }

  async function follow(first: Attempt): Promise<Ending> {
    let last = first;
    let result = await outcomeOf(first);
    const failure = bootFailure(first, result);
    if (failure !== undefined && order === undefined && adopted === undefined) {
      phases.note('boot', `${failure}; trying again with the conservative machine`);
      // Until the next one is there nobody could go on with it.
      if (folder !== undefined) removeRunRecord(folder.path);
      last = await start('conservative');
      result = await outcomeOf(last);
    }
    if (result.hung !== undefined) {
      order ??= { kind: 'hung', observed: result.hung, attempts: last === first ? 1 : 2 };
    }
    const exitStatus = last.exitStatus();
    const ending = judge({
      name,
      end: result.end,
      order,
      initSeen: last.initSeen(),
      exitStatus,
      // A few bytes of its console go with a daemon that is killed.
      mayHaveTold:
        adopted !== undefined &&
        adopted.memory === undefined &&
        spec.guest?.init === 'direct' &&
        !heard,
      lastLines: last.lastLines(LAST_LINES),
    });
    if (spec.guest?.init === 'direct' && ending.kind === 'exited' && exitStatus === undefined) {
      phases.note('guest', 'it powered itself off without telling a status; taken as 0');
    }
    finish(ending);
    if (exitStatus !== undefined) report.fact('exit', exitStatus);
    // What a guest wrote that did not come to its end may be cut off anywhere.
    const { outputs, ending: whole } =
      exitStatus === undefined ? { ending } : await handBack(ending);
    tell('domain-exited', {
      REASON: result.end.reason,
      ...(exitStatus !== undefined && { EXIT_STATUS: String(exitStatus) }),
      ...(outputs !== undefined && { OUTPUT: outputs }),
    });
    return whole;
  }

  /** What cannot be taken out fails a run that was well otherwise. */
  async function handBack(ending: Ending): Promise<{ outputs?: string; ending: Ending }> {
    const disk = image?.output;
    if (disk === undefined || ending.kind === 'failed') return { ending };
    try {
      const { takeOutputs } = await import('./take-outputs.ts');
      const { outputDir = '.' } = options;
      const own = options.outputFor?.(environment);
      const taken = await takeOutputs({ disk, outputDir, folder: own, job: job.name, instance });
      report.fact('output', taken.folder);
      report.fact('outputs', taken.files);
      for (const path of taken.missing) report.warn(`the guest has left no ${path} to hand back`);
      return { outputs: taken.folder, ending };
    } catch (error) {
      const failure = toDomstartError(error, 'host-io');
      return { ending: { kind: 'failed', error: failure } };
    }
  }

  function finish(ending: Ending): void {
    keeping.stop();
    phases.end();
    member?.settled();
    readiness.reject(
      ending.kind === 'failed'
        ? ending.error
        : new DomstartError('guest-failed', `domain ${name} ended before it was ready`, {
            hint: 'see whether `console ready` matches what the job prints',
          }),
    );
  }

  /** What came out of a domain that could not be created. */
  function creationError(error: unknown): DomstartError {
    if (order === undefined) return toDomstartError(error, 'boot-failed');
    const ending = judge({
      name,
      end: { reason: 'destroyed' },
      order,
      initSeen: false,
      exitStatus: undefined,
      lastLines: [],
    });
    return ending.kind === 'failed' ? ending.error : cancelled(name);
  }

  return {
    async prepare(signal) {
      if (naming?.ok === false) {
        const problem = describeProblem(naming.problem);
        throw new DomstartError('variable-missing', `domain name ${spec.name}: ${problem}`, {
          hint: 'set the variable in the event, or with `env` in the job',
        });
      }
      phases.begin('image');
      await options.sweepOnce();
      if (adopted !== undefined) {
        folder = adopted.folder;
        image = imageOf(adopted);
        phases.end(`goes on with what runs: ${image.description}`);
        return;
      }
      const { runDir } = options;
      folder = member?.folder ?? (await createRunFolder({ runDir, job: job.name, instance }));
      const imageFolder = join(folder.path, 'image');
      await mkdir(imageFolder);
      if (signal.aborted) throw cancelled(name);
      image = await images.build({
        domain: spec,
        environment,
        ...(job.file !== undefined && { jobFile: job.file }),
        folder: imageFolder,
        token,
        signal,
        onProgress: (detail) => phases.note('image', detail),
      });
      if (member !== undefined && fitsMember(member, image)) {
        waiting = member;
        image = imageInMember(member, image);
      } else await member?.domain.destroy();
      phases.end(image.description);
      report.fact('image', image.description);
      tell('image-built');
    },

    async spawn(): Promise<Spawned> {
      try {
        const first = await start('fast');
        if (spec.guest === undefined && spec.console.ready.length === 0) becomeReady();
        followed = follow(first).catch((error: unknown) => {
          const ending: Ending = { kind: 'failed', error: creationError(error) };
          finish(ending);
          return ending;
        });
        const { pid } = first.domain;
        return { ended: followed, ...(pid !== undefined && { pid }) };
      } catch (error) {
        phases.end();
        throw creationError(error);
      }
    },

    ready(signal) {
      const { promise, reject } = Promise.withResolvers<void>();
      const giveUp = () => reject(cancelled(name));
      signal.addEventListener('abort', giveUp, { once: true });
      if (signal.aborted) giveUp();
      return Promise.race([readiness.promise, promise]).finally(() => {
        signal.removeEventListener('abort', giveUp);
      });
    },

    terminate,

    kill: () => destroy({ kind: 'kill' }),

    expire: () => fail({ kind: 'deadline', seconds: spec.timeout ?? 0 }),

    async cleanUp() {
      phases.begin('teardown');
      destroy({ kind: 'kill' });
      await followed;
      image?.release?.();
      if (attempt === undefined) await member?.domain.destroy();
      member?.settled();
      if (mayBeThere && folder !== undefined) await endLeftRun({ folder }, clock);
      else await folder?.remove();
      phases.end();
    },
  };
}

/** It has them also where its job is over. */
const KERNEL_LINE = /^\[ *\d+\.\d+\] /;

function isLogged({ console = 'log' }: JobDefinition): boolean {
  return console === 'log' || console === 'logged';
}

/** What speaks for a second attempt with the machine that every kernel boots on, and that talks. */
function bootFailure(attempt: Attempt, { end, hung }: Outcome): string | undefined {
  if (hung !== undefined) return hung;
  const guestsOwn = end.reason === 'reboot' || end.reason === 'crash' || end.reason === 'poweroff';
  if (attempt.initSeen() || !guestsOwn || attempt.lastLines(1).length > 0) return undefined;
  return `ended before its init ran (${end.reason}), without a word`;
}

function cancelled(name: string): DomstartError {
  return new DomstartError('cancelled', `domain ${name} was stopped before it was ready`);
}
