/** What only a whole domain job can tell: its image, its guest, and what excludes what. */
import type { DomainSpec, GuestInit, GuestSpec } from '../model/domain.ts';
import { compileStanzas } from './compile-job.ts';
import { type Cursor, createCursor } from './cursor.ts';
import { refuseInDomain } from './domain-rules.ts';
import { refuseInImage } from './image-rules.ts';
import { type DomainDraft, jobOf } from './job-draft.ts';
import { parseStanzas } from './parse-stanzas.ts';
import { quoted, raise } from './raise.ts';
import type { JobNode, StanzaNode } from './syntax.ts';

export interface DomainOptions {
  readonly domain: DomainDraft;
  readonly file: string;
}

/** One text of the job: its own file, or the override on top of it. */
export interface Part {
  readonly cursor: Cursor;
  readonly node: JobNode;
}

interface CompiledDomain {
  readonly spec: DomainSpec;
  /** What stands in the guest, where there is one, and in which text. */
  readonly guest?: Part;
}

/** The domain; undefined where something is wrong with it, which has been reported. */
export function compileDomain(
  parts: readonly Part[],
  { domain, file }: DomainOptions,
): CompiledDomain | undefined {
  for (const part of parts) refuseProcess(part);
  refuseInDomain(parts, domain);
  const { image, console, guestInit, ...rest } = domain;
  const init = guestInit ?? (image.source?.kind === 'busybox' ? 'direct' : 'event.d');
  const found = findGuest(parts);
  const guest = found && compileGuest(found.cursor, found.stanza, { init, file });
  if (image.source === undefined) {
    return raiseMissing(parts, {
      words: 'image from',
      code: 'missing-image',
      message: 'No image: nothing says what the disk of the guest holds',
      hint: 'add `image from busybox`, or debootstrap, tar, directory or disk',
    });
  }
  refuseInImage(parts, image.source);
  if (found === undefined && image.source.kind !== 'disk') {
    return raiseMissing(parts, {
      words: 'guest',
      code: 'missing-guest',
      message: 'No guest: nothing says what runs inside',
      hint: 'add `guest NAME … end guest`; only an `image from disk` can do without',
    });
  }
  const spec = { ...rest, image: { ...image, source: image.source }, console };
  return found === undefined || guest === undefined
    ? { spec }
    : { spec: { ...spec, guest: guest.spec }, guest: { cursor: found.cursor, node: guest.node } };
}

/** The override's guest is told before the job's own. */
function findGuest(parts: readonly Part[]): { cursor: Cursor; stanza: StanzaNode } | undefined {
  for (const { cursor, node } of parts.toReversed()) {
    const stanza = node.stanzas.find(({ body }) => body.kind === 'guest');
    if (stanza !== undefined) return { cursor, stanza };
  }
  return undefined;
}

/** A domain stands where an ordinary job has its main process. */
function refuseProcess({ cursor, node: { stanzas } }: Part): void {
  const domain = stanzas.find(({ stanza }) => stanza.domain === true);
  for (const { stanza, words } of stanzas) {
    const { form } = stanza;
    if ((form.kind !== 'command' && form.kind !== 'script') || form.process !== 'main') continue;
    raise(cursor, {
      code: 'two-main-processes',
      message: `Two main processes: the domain is one, so ${quoted(stanza.words)} cannot be another`,
      hint: 'what runs inside the domain stands between `guest NAME` and `end guest`',
      from: words.from,
      to: words.to,
      ...(domain === undefined
        ? {}
        : { related: { message: 'makes it a domain job', at: domain.words } }),
    });
  }
}

interface Missing {
  readonly words: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** Points at the first stanza of the domain. A stanza that has an error is not missing. */
function raiseMissing(parts: readonly Part[], { words, ...problem }: Missing): undefined {
  for (const { cursor, node } of parts) {
    if (cursor.stopped || [...node.failed].some((text) => text.startsWith(words))) return;
  }
  for (const { cursor, node } of parts) {
    const first = node.stanzas.find(({ stanza }) => stanza.domain === true);
    if (first !== undefined) return raise(cursor, { ...problem, ...first.words });
  }
}

interface GuestOptions {
  readonly init: GuestInit;
  readonly file: string;
}

function compileGuest(
  outer: Cursor,
  { body }: StanzaNode,
  { init, file }: GuestOptions,
): { readonly spec: GuestSpec; readonly node: JobNode } | undefined {
  if (body.kind !== 'guest') return undefined;
  const cursor = createCursor({
    source: outer.source,
    dialect: init === 'event.d' ? 'event.d' : 'init',
    diagnostics: outer.diagnostics,
    from: body.from,
    to: body.to,
  });
  const node = parseStanzas(cursor);
  if (init === 'direct') refuseInDirectGuest(cursor, node);
  const job = jobOf(compileStanzas(cursor, node, { name: body.name.text, file }));
  if (job.processes.main === undefined) raiseIdleGuest(cursor, node, body.name);
  return { spec: { init, job }, node };
}

/** A guest without an init has nobody to do these things: better an error than silence. */
function refuseInDirectGuest(cursor: Cursor, { stanzas }: JobNode): void {
  for (const { stanza, words } of stanzas) {
    if (stanza.direct === true) continue;
    raise(cursor, {
      code: 'not-in-direct-guest',
      message: `Not in a direct guest: ${quoted(stanza.words)} needs an Upstart inside`,
      hint: 'say `guest init event.d` or `guest init init` for a guest that has one, or take it out',
      from: words.from,
      to: words.to,
    });
  }
}

function raiseIdleGuest(
  cursor: Cursor,
  node: JobNode,
  { from, to }: { from: number; to: number },
): void {
  if (cursor.stopped || node.failed.has('exec') || node.failed.has('script')) return;
  raise(cursor, {
    code: 'missing-process',
    message: 'No process: the guest has neither `exec` nor `script`, so nothing would run inside',
    from,
    to,
  });
}
