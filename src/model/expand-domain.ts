import type { DomainSpec, XenValue } from './domain.ts';
import type { Environment } from './environment.ts';
import { type ExpansionProblem, expand } from './expand.ts';

export type DomainExpansion =
  | { readonly ok: true; readonly domain: DomainSpec }
  /** `stanza` is the words of the first one that cannot be expanded. */
  | { readonly ok: false; readonly stanza: string; readonly problem: ExpansionProblem };

/** The domain with its patterns expanded: what a hypervisor is given. */
export function expandDomain(domain: DomainSpec, environment: Environment): DomainExpansion {
  let failed: { readonly stanza: string; readonly problem: ExpansionProblem } | undefined;
  const expanded = (stanza: string, pattern: string): string => {
    const expansion = expand(pattern, environment);
    if (expansion.ok) return expansion.text;
    failed ??= { stanza, problem: expansion.problem };
    return pattern;
  };
  const expandedValue = (stanza: string, value: XenValue): XenValue => {
    if (typeof value === 'number') return value;
    if (typeof value === 'string') return expanded(stanza, value);
    return value.map((item) => expandedValue(stanza, item));
  };
  const texts: Partial<Record<(typeof TEXTS)[number], string>> = {};
  for (const key of TEXTS) {
    const pattern = domain[key];
    if (pattern !== undefined) texts[key] = expanded(`domain ${key}`, pattern);
  }
  const { vifs, forwards, disks, pci, settings } = domain;
  const all = (stanza: string, patterns: readonly string[]) =>
    patterns.map((pattern) => expanded(stanza, pattern));
  const result = {
    ...domain,
    ...texts,
    vifs: all('domain vif', vifs),
    ...(forwards && {
      forwards: forwards.map((one) => ({ ...one, host: expanded('domain forward', one.host) })),
    }),
    ...(disks && { disks: all('domain disk', disks) }),
    ...(pci && { pci: all('domain pci', pci) }),
    ...(settings && {
      settings: settings.map(({ key, value }) => ({
        key,
        value: expandedValue(`domain set ${key}`, value),
      })),
    }),
  };
  return failed === undefined ? { ok: true, domain: result } : { ok: false, ...failed };
}

const TEXTS = ['name', 'kernel', 'ramdisk', 'root', 'extra'] as const;
