import type { DomainSpec } from '../model/domain.ts';
import { DomstartError } from '../model/errors.ts';
import { describeProblem } from '../model/expand.ts';
import { expandDomain } from '../model/expand-domain.ts';
import type { DomainRequest } from '../ports/hypervisor.ts';

/** Lets the console end the job of a guest that has no init to hear a power button. */
export const SYSRQ_OPTION = 'sysrq_always_enabled';

/** The domain with its patterns expanded. Throws `variable-missing`. */
export function expandedDomain({
  name,
  domain,
  environment,
}: Pick<DomainRequest, 'name' | 'domain' | 'environment'>): DomainSpec {
  const expansion = expandDomain(domain, environment);
  if (expansion.ok) return expansion.domain;
  const { stanza, problem } = expansion;
  throw new DomstartError(
    'variable-missing',
    `domain ${name} cannot be started: \`${stanza}\`: ${describeProblem(problem)}`,
    { hint: 'give the variable with the event, or a default with `env`' },
  );
}

/** True for guests that run our small init, which hears no power button. */
export function takesSysrq({ domain }: Pick<DomainRequest, 'domain'>): boolean {
  return domain.guest?.init === 'direct';
}
