import { DomstartError } from '../../model/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { isUnknownDomain, xlError } from './failure.ts';
import { uuidOfRun } from './identity.ts';
import { findXenTools, isDom0 } from './tools.ts';
import { createXl, type Xl } from './xl.ts';

const LINE = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\s+(\d+)\s/gm;

/** Destroys what the runs with these ids left in Xen. Throws a DomstartError where that failed. */
export async function destroyLeftDomains(ids: readonly string[], clock: Clock): Promise<void> {
  // Whatever ran before the host was booted without Xen is gone.
  if (!isDom0()) return;
  await destroyDomainsOf(ids, createXl({ command: findXenTools().xl, clock }));
}

/** Of the runs with these ids, those that have a domain in Xen. Throws a DomstartError. */
export async function livingRuns(ids: readonly string[], clock: Clock): Promise<Set<string>> {
  if (!isDom0()) return new Set();
  const list = await createXl({ command: findXenTools().xl, clock }).call('vm-list');
  if (!list.ok) throw xlError({ what: 'look for domains that go on', ...list });
  const domains = domainsOf(list.text);
  return new Set(ids.filter((id) => domains.has(uuidOfRun(id))));
}

/** The domains of `xl vm-list`: numbers by uuid. */
export function domainsOf(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [, uuid = '', domid = ''] of text.matchAll(LINE)) {
    found.set(uuid, [...(found.get(uuid) ?? []), domid]);
  }
  return found;
}

/**
 * Destroys the domains of these runs, whatever they are called by now, and no others. Throws a
 * DomstartError where one may still be there.
 */
export async function destroyDomainsOf(ids: readonly string[], xl: Xl): Promise<void> {
  const list = await xl.call('vm-list');
  if (!list.ok) throw xlError({ what: 'look for domains that were left behind', ...list });
  const domains = domainsOf(list.text);
  for (const id of ids) {
    for (const domid of domains.get(uuidOfRun(id)) ?? []) {
      const answer = await xl.call('destroy', domid);
      if (answer.ok || isUnknownDomain(answer.text)) continue;
      throw new DomstartError('host-io', `cannot destroy domain ${domid}, left behind by ${id}`, {
        hint: 'see `xl list`; a domain that is `dying` for long holds memory that somebody still uses',
        cause: xlError({ what: 'destroy it', ...answer }),
      });
    }
  }
}
