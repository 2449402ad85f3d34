/** Which stanzas of a domain exclude each other. */
import type { Part } from './compile-domain.ts';
import type { DomainDraft } from './job-draft.ts';
import { quoted, raise } from './raise.ts';
import { valuesOf } from './slots.ts';
import type { StanzaNode } from './syntax.ts';

/** Stanzas that mean something to Xen alone. */
const XEN_ONLY: ReadonlySet<string> = new Set([
  'domain root',
  'domain disk',
  'domain pci',
  'domain autostart',
  'domain set',
]);

export function refuseInDomain(parts: readonly Part[], domain: DomainDraft): void {
  refuseXenOnly(parts, domain);
  if ((domain.pool ?? 0) > 0) refuseInPool(parts);
  if (domain.forwards !== undefined && domain.vifs.length === 0) refuseForwards(parts);
}

/** A port leads to a network card. */
function refuseForwards(parts: readonly Part[]): void {
  for (const { cursor, node } of parts) {
    if (node.failed.has('domain vif')) return;
    for (const { stanza, words } of node.stanzas) {
      if (stanza.words !== 'domain forward') continue;
      raise(cursor, {
        code: 'missing-vif',
        message: 'No network: the domain has no interface that a port could lead to',
        hint: 'add `domain vif`',
        ...words,
      });
    }
  }
}

/**
 * A domain of a pool is created before anybody knows for which instance: what its devices and its
 * kernel's options are must not hang on that, and what is the instance's own must be handed in.
 */
function refuseInPool(parts: readonly Part[]): void {
  const chosen = parts
    .flatMap(({ node }) => node.stanzas)
    .find(({ stanza }) => stanza.words === 'domain pool');
  for (const { cursor, node } of parts) {
    for (const one of node.stanzas) {
      const why = whyNotInPool(one);
      if (why === undefined) continue;
      raise(cursor, {
        code: 'excluded-stanza',
        message: `Excluded stanza: ${why}, and a domain of a pool is created before its instance`,
        hint: 'take it out, or `domain pool`',
        ...one.words,
        ...(chosen && { related: { message: 'the pool is asked for here', at: chosen.words } }),
      });
    }
  }
}

const NOT_IN_POOL: ReadonlySet<string> = new Set([
  'domain vif',
  'domain disk',
  'domain pci',
  'domain ramdisk',
]);

/** Of the domain itself; what stands in the guest is handed in. */
const FIXED_IN_POOL: ReadonlySet<string> = new Set([
  'domain kernel',
  'domain root',
  'domain extra',
  'domain set',
]);

function whyNotInPool(node: StanzaNode): string | undefined {
  const { words } = node.stanza;
  const [first] = valuesOf(node).flat();
  if (NOT_IN_POOL.has(words)) return `${quoted(words)} is of one instance`;
  if (words.startsWith('image from ') && words !== 'image from busybox') {
    return 'only a guest `image from busybox` can be handed its files';
  }
  if (words === 'guest init' && first !== 'direct') {
    return 'only a guest with `guest init direct` can be handed its files';
  }
  const varies = FIXED_IN_POOL.has(words) && JSON.stringify(valuesOf(node)).includes('$');
  return varies ? `${quoted(words)} has a variable` : undefined;
}

/** A job that pins QEMU cannot have what only Xen does. */
function refuseXenOnly(parts: readonly Part[], { on, type }: DomainDraft): void {
  if (on !== 'qemu') return;
  for (const { cursor, node } of parts) {
    const chosen = node.stanzas.findLast(({ stanza }) => stanza.words === 'domain on');
    for (const { stanza, words } of node.stanzas) {
      const otherType = stanza.words === 'domain type' && type !== 'hvm';
      if (!XEN_ONLY.has(stanza.words) && !otherType) continue;
      raise(cursor, {
        code: 'excluded-stanza',
        message: `Excluded stanza: only Xen does ${quoted(stanza.words)}, and this job is for QEMU`,
        hint: 'take it out, or write `domain on xen`',
        ...words,
        ...(chosen && { related: { message: 'QEMU is chosen here', at: chosen.words } }),
      });
    }
  }
}
