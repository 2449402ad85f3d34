import { DomstartError } from '../../model/errors.ts';
import type { LiveDomain, LiveDomains } from '../../ports/live-domains.ts';
import type { Item, Request } from './protocol.ts';
import type { Served } from './served.ts';

export function domainItem(domain: LiveDomain): Item {
  const { id, name, job, instance, description, pid, since } = domain;
  return {
    kind: 'domain',
    domain: {
      ...{ id, name, job, instance, since },
      state: domain.isPaused() ? 'paused' : 'running',
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
