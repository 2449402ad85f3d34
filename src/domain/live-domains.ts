import { DomstartError } from '../model/errors.ts';
import type { LiveDomain, LiveDomains } from '../ports/live-domains.ts';

export function createLiveDomains(): LiveDomains {
  const domains = new Set<LiveDomain>();
  return {
    add(domain) {
      domains.add(domain);
      return () => void domains.delete(domain);
    },
    list: () => [...domains],
    find(id) {
      for (const domain of domains) if (domain.id === id) return domain;
      throw new DomstartError('domain-unknown', `no domain of the run ${id}`);
    },
  };
}
