/** What each verb does: requests in, items out, by way of the engine. */
import { throwIfCancelled } from '../../engine/abortable.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Blocker } from '../../engine/event-queue.ts';
import { formatInstance } from '../../engine/job-state.ts';
import { DomstartError } from '../../model/errors.ts';
import { formatEvent } from '../../model/event.ts';
import type { LiveDomains } from '../../ports/live-domains.ts';
import type { Spool } from '../../spool/spool.ts';
import type { SpoolStatus } from '../../spool/status.ts';
import { isLogPriority } from '../log-priority.ts';
import { createAnnouncementBroadcasts } from './announcement-broadcasts.ts';
import { changeDomain, domainItem, letDomainGo, watchDomain } from './answer-domain.ts';
import { followEvents, readConsole } from './answer-follow.ts';
import { changeJob, statusOf } from './answer-job.ts';
import { oldEmit } from './old-style.ts';
import type { Item, Request } from './protocol.ts';
import { jobOf, type Served, statusItem, textItem, variablesOf } from './served.ts';

export function createAnswers(parts: Omit<Served, 'announcements'>) {
  const announcements = createAnnouncementBroadcasts(parts.engine, parts.over);
  const served: Served = { ...parts, announcements };
  return (request: Request, signal: AbortSignal): AsyncIterable<Item> =>
    answer(served, request, signal);
}

async function* answer(
  served: Served,
  request: Request,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  const { engine } = served;
  switch (request.verb) {
    case 'version':
      yield textItem(served.version);
      return;
    case 'start':
    case 'stop':
    case 'restart':
      yield* changeJob(served, request, signal);
      return;
    case 'reload':
      if (request.instance === undefined) engine.reload(request.job, variablesOf(request.env));
      else engine.within({ job: request.job, instance: request.instance }).reload();
      return;
    case 'status':
      yield* statusOf(served, request);
      return;
    case 'list':
      for (const status of engine.status()) yield statusItem(served, status);
      return;
    case 'usage': {
      const { usage } = jobOf(engine, request.job);
      if (usage !== undefined) yield textItem(usage);
      return;
    }
    case 'emit':
      yield* emit(served, request, signal);
      return;
    case 'reload-configuration':
      await served.reload();
      return;
    case 'show-config':
      yield* configs(engine, request.job);
      return;
    case 'log-priority':
      if (request.priority === undefined) yield textItem(served.priority.get());
      else if (isLogPriority(request.priority)) served.priority.set(request.priority);
      else throw new DomstartError('job-invalid', 'The log priority given was not recognised');
      return;
    case 'get-env':
      yield textItem(engine.environment.get(request.name, request));
      return;
    case 'set-env':
      engine.environment.set(request.variable, request);
      return;
    case 'unset-env':
      engine.environment.unset(request.name, request);
      return;
    case 'list-env':
      for (const line of engine.environment.list(request)) yield textItem(line);
      return;
    case 'reset-env':
      engine.environment.reset(request);
      return;
    case 'events':
      yield* followEvents(served, request, signal);
      return;
    case 'console':
      yield* readConsole(served, request, signal);
      return;
    case 'domains':
      for (const domain of served.domains.list()) yield domainItem(domain);
      return;
    case 'domain':
      yield await changeDomain(served.domains, request);
      return;
    case 'type':
      await served.domains.find(request.domain).type(Buffer.from(request.text));
      return;
    case 'watch-domain':
      yield* watchDomain(served.domains, request, signal);
      return;
    case 'save-domain':
    case 'migrate-domain':
      yield await letDomainGo(served, request);
      return;
    case 'restore-domain':
      await served.restore(request.folder, { keep: request.keep === true });
      return;
    case 'spools':
      for (const spool of served.spools()) {
        yield { kind: 'spool', spool: withKept(spool.status(), served.domains) };
      }
      return;
    case 'cancel-file':
      cancelFile(served.spools(), request);
      return;
    case 'waiting':
      for (const { event, heldBy } of engine.waiting()) {
        yield { kind: 'held', event: formatEvent(event), heldBy: heldBy.map(nameOfHolder) };
      }
      return;
  }
}

/** A file's instance is named by its run. */
function withKept(status: SpoolStatus, domains: LiveDomains): SpoolStatus {
  const kept = new Map<string, { readonly domain: string; readonly until: number }>();
  for (const { job, instance, id, keptUntil } of domains.list()) {
    const until = keptUntil();
    if (job === status.job && until !== undefined) kept.set(instance, { domain: id, until });
  }
  const running = status.running.map((one) => {
    const of = kept.get(one.run);
    return of === undefined ? one : { ...one, kept: of };
  });
  return { ...status, running };
}

function cancelFile(
  spools: readonly Spool[],
  { spool, name }: Extract<Request, { verb: 'cancel-file' }>,
): void {
  const found = spools.some((one) => one.status().spool === spool && one.cancel(name));
  if (!found) throw new DomstartError('file-unknown', `no file ${name} runs in ${spool}`);
}

async function* emit(
  served: Served,
  request: Extract<Request, { verb: 'emit' }>,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  const { engine, oldStyle } = served;
  const { event, env, from, wait } = request;
  const variables = variablesOf(env);
  const { arguments: given = [] } = request;
  const old =
    oldStyle || given.length > 0 ? { arguments: given, environment: variables } : undefined;
  throwIfCancelled(signal, `emitting ${event}`);
  if (oldStyle) {
    yield* oldEmit(engine, { event, arguments: given, env, variables, wait }, signal);
    return;
  }
  const { finished } = engine.queue(event, variables, { old, from });
  if (!wait) return;
  const { failed } = await finished;
  if (failed) throw new DomstartError('event-failed', 'Event failed');
}

function* configs(engine: Engine, name: string | undefined): Generator<Item> {
  const jobs = name === undefined ? engine.jobs() : [jobOf(engine, name)];
  for (const { name: job, emits, startOn, stopOn } of jobs) {
    yield {
      kind: 'config',
      job,
      emits,
      ...(startOn === undefined ? {} : { startOn }),
      ...(stopOn === undefined ? {} : { stopOn }),
    };
  }
}

function nameOfHolder(held: Blocker): string {
  const which = formatInstance(held.job, held.instance ?? '');
  return held.kind === 'match' ? `the ${held.stanza} of ${which}, which is half true` : which;
}
