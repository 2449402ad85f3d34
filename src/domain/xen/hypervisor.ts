import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_MEMORY } from '../../model/domain.ts';
import { DomstartError } from '../../model/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  DomainEnd,
  DomainRequest,
  Hypervisor,
  RunningDomain,
} from '../../ports/hypervisor.ts';
import { takesSysrq } from '../given-domain.ts';
import { XEN_CONFIG } from '../run-folder.ts';
import { describeDomain, type PrintXenConfig, xenConfig } from './config.ts';
import { attachConsole } from './console.ts';
import { freeMemory, isUnknownDomain, xlError } from './failure.ts';
import { domainEnd } from './fate.ts';
import { uuidOfRun } from './identity.ts';
import { keepConsole, readKept } from './kept-console.ts';
import { destroyDomainsOf, domainsOf } from './left-overs.ts';
import { isPausedInList, watchReleases } from './release-watch.ts';
import { createAsking } from './shutdown.ts';
import type { XenTools } from './tools.ts';
import { startWatcher, type Watcher } from './watcher.ts';
import { createXl, type Xl } from './xl.ts';

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
  return {
    kind: 'xen',
    async create(request) {
      const config = join(request.folder, XEN_CONFIG);
      const text = xenConfig(request, options.printConfig);
      refuseAborted(request);
      await writeFile(config, text, { mode: 0o600 });
      const leave = await xl.creating.enter();
      try {
        refuseAborted(request);
        return await createDomain({ ...options, xl, request, config });
      } finally {
        leave();
      }
    },
    async adopt(request) {
      const list = await xl.call('vm-list');
      if (!list.ok) throw xlError({ what: `look for domain ${request.name}`, ...list });
      const [domid] = domainsOf(list.text).get(uuidOfRun(request.id)) ?? [];
      if (domid === undefined) return undefined;
      for await (const bytes of readKept(request.folder)) request.onConsole(bytes);
      request.onCaughtUp();
      const { text } = await xl.call('list', '-v', domid);
      const watcher = watchReleases({ xl, clock, domid, folder: request.folder });
      const paused = isPausedInList(text, domid);
      return run({ ...options, xl, request, watcher, domid: Number(domid), paused });
    },
  };
}

interface Using extends XenOptions {
  readonly xl: Xl;
  readonly request: DomainRequest;
}

interface Creating extends Using {
  readonly config: string;
}

async function createDomain(creating: Creating): Promise<RunningDomain> {
  const { xl, request, config, clock, createLimit: limit } = creating;
  const watcher = startWatcher({
    ...{ xl: xl.command, config, clock, folder: request.folder },
    ...(limit !== undefined && { limit }),
  });
  const creation = await watcher.created;
  if (creation.ok) return run({ ...creating, watcher, domid: creation.domid, paused: true });
  await watcher.over;
  // An xl that was killed may have left half a domain.
  if (creation.hung) await destroyDomainsOf([request.id], xl).catch(() => undefined);
  refuseAborted(request);
  throw await creationError(creating, creation);
}

async function creationError(
  { xl, request }: Creating,
  creation: { readonly text: string; readonly hung: boolean },
): Promise<DomstartError> {
  const { memory: wanted = DEFAULT_MEMORY } = request.domain;
  const free = creation.hung ? undefined : freeMemory((await xl.call('info')).text);
  return xlError({ what: `create domain ${request.name}`, ...creation, memory: { wanted, free } });
}

async function run({
  xl,
  watcher,
  request,
  domid,
  paused: waits,
  tools,
  clock,
}: Using & {
  readonly watcher: Pick<Watcher, 'pid' | 'over' | 'kill'>;
  readonly domid: number;
  /** It waits to be started. */
  readonly paused: boolean;
}): Promise<RunningDomain> {
  const id = String(domid);
  let gone = false;
  let paused = false;
  let stuck: DomainEnd | undefined;
  let removal: Promise<void> | undefined;

  const kept = keepConsole(request.folder);
  const console = attachConsole({
    command: [...tools.console, id],
    ...{ clock, folder: request.folder, pace: request.pace },
    onBytes(bytes) {
      kept.write(bytes);
      request.onConsole(bytes);
    },
  });
  const unpaused = waits ? xl.call('unpause', id) : Promise.resolve(RUNS);
  const asking = createAsking({ xl, clock, domid: id, sysrq: takesSysrq(request) });

  async function remove(): Promise<void> {
    asking.stop();
    console.expectEnd();
    await unpaused;
    const answer = await xl.call('destroy', id);
    if (answer.ok || isUnknownDomain(answer.text)) return;
    const { message } = xlError({ what: `destroy domain ${id}`, ...answer });
    stuck = { reason: 'failed', detail: message };
    watcher.kill();
  }

  /** Xen counts pauses: each needs an unpause. */
  async function tell(verb: 'pause' | 'unpause'): Promise<void> {
    if (paused === (verb === 'pause')) return;
    paused = !paused;
    const told = await xl.call(verb, id);
    if (told.ok) return;
    paused = !paused;
    throw xlError({ what: `${verb} domain ${request.name}`, ...told });
  }

  const unpause = () => tell('unpause');

  function destroy(): void {
    if (!gone) removal ??= remove();
  }

  const ended = watcher.over.then(async (fate): Promise<DomainEnd> => {
    gone = true;
    asking.stop();
    request.signal.removeEventListener('abort', destroy);
    if (fate.kind === 'shutdown' && removal === undefined) await console.drain();
    if (fate.kind !== 'destroyed') removal ??= remove();
    await removal;
    await console.close();
    kept.close();
    return stuck ?? domainEnd(fate);
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
      unpause().catch(() => undefined);
      asking.ask();
    },
    pause: () => tell('pause'),
    unpause,
    isPaused: () => paused,
    // Nobody tells it but `xl list`, which costs more than it says.
    processorSeconds: () => undefined,
  };
}

/** What xl says of an unpause where there was nothing to do. */
const RUNS = { ok: true, hung: false, text: '' };

function refuseAborted({ signal, name }: DomainRequest): void {
  if (!signal.aborted) return;
  throw new DomstartError('cancelled', `domain ${name} was stopped while it started`);
}
