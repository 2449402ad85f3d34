import type { LiveDomain, LiveDomains } from '../../ports/live-domains.ts';
import type { Item, Request } from './protocol.ts';

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
