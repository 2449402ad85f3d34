import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_MEMORY } from '../../model/domain.ts';
import { DomstartError, messageOf } from '../../model/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  DomainEnd,
  DomainRequest,
  Hypervisor,
  ReadyDomain,
  ReadyRequest,
  RunningDomain,
} from '../../ports/hypervisor.ts';
import { takesSysrq } from '../given-domain.ts';
import { XEN_CONFIG } from '../run-folder.ts';
import { describeDomain, type PrintXenConfig, xenConfig } from './config.ts';
import { attachConsole } from './console.ts';
import { freeMemory, isUnknownDomain, xlError } from './failure.ts';
import { domainEnd } from './fate.ts';
import { createGate } from './gate.ts';
import {
  consoleTerminal,
  type Handover,
  listenForWaiting,
  payloadOf,
  typeInto,
} from './handover.ts';
import { uuidOfRun, xenNameOf } from './identity.ts';
import { keepConsole, readKept } from './kept-console.ts';
import { createLeaving } from './leaving.ts';
import { destroyDomainsOf, domainsOf } from './left-overs.ts';
import { isPausedInList, watchReleases } from './release-watch.ts';
import { createAsking } from './shutdown.ts';
import { createStoreWatch, type StoreWatch } from './store-watch.ts';
import type { XenTools } from './tools.ts';
import { startWatcher, type Watcher } from './watcher.ts';
import { createXl, type Xl, type XlAnswer } from './xl.ts';

export interface XenOptions {
  readonly tools: XenTools;
  readonly clock: Clock;
  readonly printConfig: PrintXenConfig;
  /** Milliseconds that a call of xl may take, and a creation. Default: a minute, two minutes. */
  readonly callLimit?: number;
  readonly createLimit?: number;
}

/** The hypervisor of a Xen host, through `xl`. Needs root. */
export function createXen(options: XenOptions): Hypervisor {
  const { tools, clock, callLimit } = options;
  const xl = createXl({ command: tools.xl, clock, ...(callLimit !== undefined && { callLimit }) });
  const shared = { ...options, xl, store: createStoreWatch(clock) };
  return {
    kind: 'xen',
    create: (request) =>
      creating({ ...shared, request }, (created) => run({ ...shared, request, ...created })),
    async ready(request) {
      const using = { ...shared, request };
      return readyDomain({ ...using, ...(await creating(using, async (created) => created)) });
    },
    async restore(request) {
      for await (const bytes of readKept(request.folder)) request.onConsole(bytes);
      request.onCaughtUp();
      return creating({ ...shared, request }, (created) => run({ ...shared, request, ...created }));
    },
    async adopt(request) {
      const list = await xl.call('vm-list');
      if (!list.ok) throw xlError({ what: `look for domain ${request.name}`, ...list });
      const [domid] = domainsOf(list.text).get(uuidOfRun(request.id)) ?? [];
      if (domid === undefined) return undefined;
      for await (const bytes of readKept(request.folder)) request.onConsole(bytes);
      request.onCaughtUp();
      const now = await xl.call('list', '-v', domid);
      if (!now.ok) {
        if (isUnknownDomain(now.text)) return undefined;
        throw xlError({ what: `look for domain ${request.name}`, ...now });
      }
      const watcher = watchReleases({ xl, clock, domid, folder: request.folder });
      const paused = isPausedInList(now.text, domid);
      return run({ ...shared, request, watcher, domid: Number(domid), paused });
    },
  };
}

interface Using<Request = DomainRequest> extends XenOptions {
  readonly xl: Xl;
  readonly store: StoreWatch;
  readonly request: Request;
}

/** A domain that waits to be started. */
interface Created {
  readonly watcher: Watcher;
  readonly domid: number;
  readonly paused: true;
}

/**
 * Creates a paused domain and goes on with it; at most so many do at once. While a memory is read, which
 * may take long, xl itself lets nobody else create.
 */
async function creating<T>(
  using: Using<ReadyRequest & { readonly memory?: string }>,
  goOn: (created: Created) => Promise<T>,
): Promise<T> {
  const { request, printConfig, xl } = using;
  const config = join(request.folder, XEN_CONFIG);
  const text = xenConfig(request, printConfig);
  refuseAborted(request);
  await writeFile(config, text, { mode: 0o600 });
  const leave = await xl.creating.enter({ alone: request.memory !== undefined });
  try {
    refuseAborted(request);
    return await goOn(await createDomain(using, config));
  } finally {
    leave();
  }
}

async function createDomain(
  using: Using<ReadyRequest & { readonly memory?: string }>,
  config: string,
): Promise<Created> {
  const { xl, request, clock, createLimit: limit } = using;
  const { memory } = request;
  const watcher = startWatcher({
    ...{ xl: xl.command, config, clock, folder: request.folder },
    ...(memory !== undefined && { memory }),
    ...(limit !== undefined && { limit }),
  });
  const creation = await watcher.created;
  if (creation.ok) return { watcher, domid: creation.domid, paused: true };
  await watcher.over;
  // An xl that was killed may have left half a domain.
  if (creation.hung) await destroyDomainsOf([request.id], xl).catch(() => undefined);
  refuseAborted(request);
  throw await creationError(using, creation);
}

/** Waits for its run, or for its end. */
async function readyDomain(using: Using<ReadyRequest> & Created): Promise<ReadyDomain> {
  const { xl, clock, domid, watcher } = using;
  const { id, name } = using.request;
  const { promise: over, resolve } = Promise.withResolvers<void>();
  let started = false;
  let removal: Promise<void> | undefined;
  void watcher.over.then(() => resolve());

  async function remove(): Promise<void> {
    await destroyDomainsOf([id], xl);
    await watcher.over;
  }

  const terminal = await consoleTerminal(domid, clock);
  if (terminal === undefined) {
    await remove();
    throw noConsole(name);
  }
  return {
    over,
    async start(request) {
      started = true;
      resolve();
      await giveName(using, request);
      return run({
        ...{ ...using, request },
        handover: { terminal, token: request.token },
      });
    },
    async destroy() {
      if (started) return;
      removal ??= remove();
      await removal.catch((cause) => {
        throw new DomstartError('host-io', `cannot destroy domain ${name}: ${messageOf(cause)}`, {
          cause,
        });
      });
    },
  };
}

function noConsole(name: string): DomstartError {
  return new DomstartError('host-incapable', `domain ${name} has no console to be written to`, {
    hint: 'does xenconsoled run?',
  });
}

/** It was created before its name could be known. */
async function giveName(
  { xl, domid }: Pick<Using & Created, 'xl' | 'domid'>,
  request: DomainRequest,
): Promise<void> {
  const name = xenNameOf(request);
  if (name === request.id) return;
  const answer = await xl.call('rename', String(domid), name);
  if (!answer.ok) throw xlError({ what: `call domain ${domid} ${name}`, ...answer });
}

async function creationError(
  { xl, request }: Using<ReadyRequest>,
  creation: { readonly text: string; readonly hung: boolean },
): Promise<DomstartError> {
  const { memory: wanted = DEFAULT_MEMORY } = request.domain;
  const free = creation.hung ? undefined : freeMemory((await xl.call('info')).text);
  return xlError({ what: `create domain ${request.name}`, ...creation, memory: { wanted, free } });
}

async function run({
  xl,
  store,
  watcher,
  request,
  domid,
  paused: waits,
  tools,
  clock,
  handover,
}: Using & {
  readonly watcher: Pick<Watcher, 'pid' | 'over' | 'kill'>;
  readonly domid: number;
  /** It waits to be started. */
  readonly paused: boolean;
  /** It waits for what is the run's own. */
  readonly handover?: Handover;
}): Promise<RunningDomain> {
  const id = String(domid);
  let gone = false;
  let paused = false;
  let stuck: DomainEnd | undefined;
  let removal: Promise<void> | undefined;

  const calls = createGate(1);

  /** One at a time, and in their order. */
  async function call(verb: string): Promise<XlAnswer> {
    const leave = await calls.enter();
    return xl.call(verb, id).finally(leave);
  }

  const kept = keepConsole(request.folder);
  const payload = handover && (await payloadOf(request.image));
  const onBytes =
    handover === undefined || payload === undefined
      ? request.onConsole
      : listenForWaiting({
          token: handover.token,
          // Where it fails the domain is gone, or hangs and is found by that.
          send: () =>
            void typeInto(handover.terminal, payload).then(request.onAdoptable, () => undefined),
          onBytes: request.onConsole,
        });
  const console = attachConsole({
    command: [...tools.console, id],
    ...{ clock, folder: request.folder, pace: request.pace },
    onBytes(bytes) {
      kept.write(bytes);
      onBytes(bytes);
    },
  });
  if (handover === undefined) request.onAdoptable?.();
  const unpaused = waits ? call('unpause') : Promise.resolve(RUNS);
  const asking = createAsking({ xl, clock, domid: id, sysrq: takesSysrq(request) });

  async function remove(): Promise<void> {
    asking.stop();
    console.expectEnd();
    const answer = await call('destroy');
    if (answer.ok || isUnknownDomain(answer.text)) return;
    const { message } = xlError({ what: `destroy domain ${id}`, ...answer });
    stuck = { reason: 'failed', detail: message };
    leaving.kill();
  }

  /** Xen counts pauses: each needs an unpause. */
  async function tell(verb: 'pause' | 'unpause'): Promise<void> {
    if (paused === (verb === 'pause')) return;
    paused = !paused;
    const told = await call(verb);
    if (told.ok) return;
    paused = !paused;
    throw xlError({ what: `${verb} domain ${request.name}`, ...told });
  }

  const pausing = {
    pause: () => tell('pause'),
    unpause: () => tell('unpause'),
    isPaused: () => paused,
  };

  function destroy(): void {
    if (!gone) removal ??= remove();
  }

  const leaving = createLeaving({
    ...{ xl, domid: id, name: request.name, folder: request.folder, console, watcher },
    watchAgain: () => watchReleases({ xl, clock, domid: id, folder: request.folder }),
    isGoing: () => gone || removal !== undefined,
    pausing,
    async destroy() {
      destroy();
      await removal;
    },
  });

  const leaveStore = store.enter(id, () => {
    if (gone) return;
    stuck = STORE_LOST;
    leaving.kill();
  });

  const ended = leaving.over.then(async (fate): Promise<DomainEnd> => {
    gone = true;
    leaveStore();
    asking.stop();
    request.signal.removeEventListener('abort', destroy);
    if (fate.kind === 'shutdown' && removal === undefined) await console.drain();
    if (fate.kind !== 'destroyed' && fate.kind !== 'left') removal ??= remove();
    await removal;
    await (stuck === undefined ? console.close() : console.leave());
    kept.close();
    if (stuck !== undefined) return stuck;
    return fate.kind === 'left' ? { reason: fate.reason } : domainEnd(fate);
  });

  request.signal.addEventListener('abort', destroy, { once: true });
  if (request.signal.aborted) destroy();
  const answer = await unpaused;
  if (!answer.ok) {
    destroy();
    await ended;
    refuseAborted(request);
    throw xlError({ what: `start domain ${request.name}`, ...answer });
  }
  return {
    ...(watcher.pid !== undefined && { pid: watcher.pid }),
    description: describeDomain(request, domid),
    ended,
    destroy,
    shutdown() {
      pausing.unpause().catch(() => undefined);
      asking.ask();
    },
    ...pausing,
    async type(bytes) {
      const terminal = handover?.terminal ?? (await consoleTerminal(domid, clock));
      if (terminal === undefined) throw noConsole(request.name);
      await typeInto(terminal, bytes);
    },
    save: leaving.save,
    migrate: leaving.migrate,
    // Nobody tells it but `xl list`, which costs more than it says.
    processorSeconds: () => undefined,
  };
}

const STORE_LOST: DomainEnd = {
  reason: 'failed',
  detail: 'xenstored has lost what it knew of it, as it does when it is restarted',
  hint: 'restart this host: until then Xen looks after no domain that was there before',
};

/** What xl says of an unpause where there was nothing to do. */
const RUNS = { ok: true, hung: false, text: '' };

function refuseAborted({ signal, name }: Pick<DomainRequest, 'signal' | 'name'>): void {
  if (!signal.aborted) return;
  throw new DomstartError('cancelled', `domain ${name} was stopped while it started`);
}
