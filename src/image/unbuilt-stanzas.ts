import type { DomainSpec } from '../model/domain.ts';
import { DomstartError } from '../model/errors.ts';

/** Stanzas of the language that nobody here builds, by what they leave in the job. */
const DOMAIN = { spool: 'spool' } as const;

/** Throws a DomstartError that names the first of them: none is ignored in silence. */
export function refuseUnbuilt(domain: DomainSpec): void {
  const stanza = firstOf(DOMAIN, domain);
  if (stanza === undefined) return;
  throw new DomstartError('not-supported', `\`${stanza}\` is not built by this version`, {
    hint: 'the job is right as it is; to run it with this version, take the stanza out',
  });
}

function firstOf<T extends object>(
  stanzas: { readonly [Field in keyof T]?: string },
  fields: T,
): string | undefined {
  for (const field of Object.keys(stanzas) as (keyof T)[]) {
    const value = fields[field];
    const empty = value === undefined || (Array.isArray(value) && value.length === 0);
    if (!empty) return stanzas[field];
  }
  return undefined;
}
