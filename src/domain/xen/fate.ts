import type { DomainEnd } from '../../ports/hypervisor.ts';

/** What `xl create -F` said of a domain's end. */
export type Fate =
  | { readonly kind: 'shutdown'; readonly code: number }
  | { readonly kind: 'destroyed' }
  /** It ended without a word of the domain. */
  | { readonly kind: 'unwatched'; readonly detail: string };

const CREATED = /^Waiting for domain \S+ \(domid (\d+)\) to die \[pid \d+\]$/m;
const SHUT_DOWN = /^Domain \d+ has shut down, reason code (\d+)\b/m;
const DESTROYED = /^Domain \d+ has been destroyed\.$/m;

/** The number of the domain, once it exists. */
export function createdDomain(text: string): number | undefined {
  const [, domid] = CREATED.exec(text) ?? [];
  return domid === undefined ? undefined : Number(domid);
}

/** Its exit status says nothing: 0 stands for every end of a domain. */
export function fateOf(text: string): Fate | undefined {
  const [, code] = SHUT_DOWN.exec(text) ?? [];
  if (code !== undefined) return { kind: 'shutdown', code: Number(code) };
  return DESTROYED.test(text) ? { kind: 'destroyed' } : undefined;
}

/** Why a domain ended. The codes are SHUTDOWN_* of Xen's public/sched.h. */
export function domainEnd(fate: Fate): DomainEnd {
  switch (fate.kind) {
    case 'destroyed':
      return { reason: 'destroyed' };
    case 'unwatched':
      return { reason: 'failed', detail: fate.detail };
    case 'shutdown':
      return SHUTDOWN_CODES[fate.code] ?? unknown(fate.code);
  }
}

const SHUTDOWN_CODES: Readonly<Record<number, DomainEnd>> = {
  0: { reason: 'poweroff' },
  1: { reason: 'reboot' },
  2: { reason: 'failed', detail: 'somebody else suspended or saved it' },
  3: { reason: 'crash' },
  4: { reason: 'watchdog' },
  5: { reason: 'reboot' },
};

function unknown(code: number): DomainEnd {
  return { reason: 'failed', detail: `it shut down with Xen's reason code ${code}` };
}
