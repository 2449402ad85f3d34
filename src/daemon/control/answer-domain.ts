import { DomstartError } from '../../model/errors.ts';
import type { LiveDomain, LiveDomains } from '../../ports/live-domains.ts';
import { createBroadcast } from './broadcast.ts';
import type { Item, Request } from './protocol.ts';
import type { Served } from './served.ts';

export function domainItem(domain: LiveDomain): Item {
  const { id, name, job, instance, description, pid, since } = domain;
  const until = domain.keptUntil();
  const state = until === undefined ? 'running' : 'kept';
  return {
    kind: 'domain',
    domain: {
      ...{ id, name, job, instance, since },
      state: domain.isPaused() ? 'paused' : state,
      ...(until !== undefined && { until }),
      hypervisor: description,
      ...(pid !== undefined && { pid }),
    },
  };
}

/** Gives the domain as it is then. A shutdown is asked for, not waited for. */
export async function changeDomain(
  domains: LiveDomains,
  { action, domain: id }: Extract<Request, { verb: 'domain' }>,
): Promise<Item> {
  const domain = domains.find(id);
  await domain[action]();
  return domainItem(domain);
}

/** In bytes, of what comes faster than it is read. */
const WATCH_LIMIT = 256 * 1024;

/** What its console showed last, and what it shows until it ends. */
export async function* watchDomain(
  domains: LiveDomains,
  { domain: id }: Extract<Request, { verb: 'watch-domain' }>,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  const lines = createBroadcast<string>({ limit: WATCH_LIMIT });
  const watching = domains.find(id).watch((line) => lines.push(line, 2 * line.length));
  void watching.over.then(() => lines.end());
  try {
    const coming = lines.read(signal);
    // Its first step is to note where it begins.
    let next = coming.next();
    for (const text of watching.before) yield { kind: 'line', text };
    for (let one = await next; !one.done; next = coming.next(), one = await next) {
      const text = one.value.kind === 'item' ? one.value.item : lostLines(one.value.count);
      yield { kind: 'line', text };
    }
  } finally {
    watching.stop();
  }
}

function lostLines(count: number): string {
  return `(${count} lines came faster than they were read)`;
}

/** Its job is stopped by it, and not failed. Gives the domain as it was. */
export async function letDomainGo(
  { domains, engine }: Pick<Served, 'domains' | 'engine'>,
  request: Extract<Request, { verb: 'save-domain' | 'migrate-domain' }>,
): Promise<Item> {
  const domain = domains.find(request.domain);
  const item = domainItem(domain);
  const stop = () => {
    try {
      engine.within(domain).stop();
    } catch {
      // It is stopped already.
    }
  };
  if (request.verb === 'save-domain') {
    if (domain.save === undefined) throw onlyXen(domain, 'saved');
    await domain.save(request.folder, stop);
  } else {
    if (domain.migrate === undefined) throw onlyXen(domain, 'moved to another host');
    const { host, command } = request;
    await domain.migrate({ host, ...(command !== undefined && { command }) }, stop);
  }
  return item;
}

function onlyXen({ name, description }: LiveDomain, what: string): DomstartError {
  return new DomstartError(
    'not-supported',
    `domain ${name} cannot be ${what}: it runs under ${description}, and only Xen's can`,
    { hint: 'let it end, and run its job again' },
  );
}
