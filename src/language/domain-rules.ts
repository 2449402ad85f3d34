/** Which stanzas of a domain exclude each other. */
import type { Part } from './compile-domain.ts';
import type { DomainDraft } from './job-draft.ts';
import { quoted, raise } from './raise.ts';

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
