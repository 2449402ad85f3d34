import { createHash } from 'node:crypto';
import { DomstartError } from '../../model/errors.ts';
import type { DomainRequest } from '../../ports/hypervisor.ts';

/**
 * The uuid of a run's domain. It follows from the run's id and stays when somebody renames the
 * domain, so that what a crash left running is found by it, and nothing else ever is. Version 8 of
 * RFC 9562: a uuid of the program's own making.
 */
export function uuidOfRun(id: string): string {
  const hex = createHash('sha256').update(`domstart run ${id}`).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** The hosts' logs and xenstore have files and nodes of that name. */
const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,119}$/;

/**
 * What `xl list` shows: `domain name`, or else the run's id, as two domains of one name cannot be.
 * Throws `job-invalid` for a name that xl would take for something else.
 */
export function xenNameOf({
  id,
  name,
  domain,
}: Pick<DomainRequest, 'id' | 'name' | 'domain'>): string {
  if (domain.name === undefined) return id;
  if (SAFE_NAME.test(name) && !/^\d+$/.test(name) && name !== 'Domain-0') return name;
  throw new DomstartError('job-invalid', `\`domain name ${name}\` cannot name a Xen domain`, {
    hint: 'use letters, digits and . _ + - (no number: xl takes that for an id), at most 120',
  });
}

/** Xen's own prefix, and what stays the same for every run of this instance. */
export function macOf(id: string, index: number): string {
  const instance = id.replace(/-[0-9a-f]{8}$/, '');
  const hex = createHash('sha256').update(`domstart vif ${instance} ${index}`).digest('hex');
  return ['00', '16', '3e', hex.slice(0, 2), hex.slice(2, 4), hex.slice(4, 6)].join(':');
}
