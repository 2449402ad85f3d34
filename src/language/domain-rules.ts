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

/** A job that pins QEMU cannot have what only Xen does. */
export function refuseInDomain(parts: readonly Part[], { on, type }: DomainDraft): void {
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
