/** Stanzas applied to a job, one after the other, in the order of the file. */
import type { Dialect } from '../model/job.ts';
import { compileCondition } from './compile-condition.ts';
import type { Cursor } from './cursor.ts';
import { createDraft, type JobDraft } from './job-draft.ts';
import { DEEPEST } from './parse-condition.ts';
import { quoted, raise } from './raise.ts';
import { type Slots, takeSlot, valuesOf } from './slots.ts';
import type { Clash } from './stanzas/stanza.ts';
import type { JobNode, StanzaNode } from './syntax.ts';

export interface CompileOptions {
  readonly name: string;
  readonly file?: string | undefined;
}

/** The job as far as its stanzas go; whether it is sound is told by the cursor's diagnostics. */
export function compileStanzas(cursor: Cursor, node: JobNode, options: CompileOptions): JobDraft {
  const { name, file } = options;
  const { dialect } = node;
  const draft = createDraft(file === undefined ? { name, dialect } : { name, dialect, file });
  const slots: Slots = new Map();
  for (const stanza of node.stanzas) applyOnce(cursor, draft, { stanza, slots, dialect });
  if (dialect === 'event.d') {
    refuseTooMany(cursor, node);
    warnAboutPid(cursor, node, draft);
  }
  return draft;
}

/**
 * The stanzas of an override, applied on top of a job up to the first that has an error (UPSTART.md,
 * section 2): they replace what stands once, and add to lists. Gives those that were applied.
 */
export function compileOverride(cursor: Cursor, draft: JobDraft, node: JobNode): JobNode {
  const errors = cursor.diagnostics.filter(({ severity }) => severity === 'error');
  const end = Math.min(...errors.map(({ span }) => span.from), Number.POSITIVE_INFINITY);
  const slots: Slots = new Map();
  const stanzas: StanzaNode[] = [];
  for (const stanza of node.stanzas) {
    if (stanza.from >= end) break;
    applyOnce(cursor, draft, { stanza, slots, dialect: node.dialect });
    if (cursor.diagnostics.length > errors.length) break;
    stanzas.push(stanza);
  }
  return { ...node, stanzas };
}

interface Application {
  readonly stanza: StanzaNode;
  readonly slots: Slots;
  readonly dialect: Dialect;
}

function applyOnce(cursor: Cursor, draft: JobDraft, { stanza, slots, dialect }: Application): void {
  if (takeSlot(slots, stanza, dialect)) applyStanza(cursor, draft, stanza);
  else raiseDuplicate(cursor, stanza);
}

function applyStanza(cursor: Cursor, draft: JobDraft, node: StanzaNode): void {
  const { stanza, body } = node;
  const { form } = stanza;
  if (form.kind === 'arguments') {
    const values = valuesOf(node);
    const clash = form.check(values);
    if (clash === undefined) form.set(draft, values);
    else raiseClash(cursor, node, clash);
  } else if (form.kind === 'condition' && body.kind === 'condition') {
    form.set(draft, compileCondition(body.condition));
  } else if (form.kind === 'command' && body.kind === 'command') {
    draft.processes[form.process] = { kind: 'exec', text: body.command.text };
  } else if (form.kind === 'script' && body.kind === 'script') {
    draft.processes[form.process] = { kind: 'script', text: body.script.text };
  } else if (form.kind === 'block' && body.kind === 'script') {
    form.set(draft, body.script.text);
  }
}

function raiseClash(cursor: Cursor, { words, body }: StanzaNode, clash: Clash): void {
  const { code, message, hint, argument: index } = clash;
  const list = body.kind === 'arguments' ? body.arguments.flat() : [];
  const { from, to } = (index === undefined ? undefined : list[index]) ?? words;
  raise(cursor, { code, message, hint, from, to });
}

function raiseDuplicate(cursor: Cursor, { stanza, words }: StanzaNode): void {
  raise(cursor, {
    code: 'duplicate-value',
    message: `Duplicate value: ${quoted(stanza.words)} has been said above`,
    from: words.from,
    to: words.to,
  });
}

/** In event.d each `start on` nests the ones before it, and those who walk the tree recurse. */
function refuseTooMany(cursor: Cursor, { stanzas }: JobNode): void {
  for (const name of ['start on', 'stop on']) {
    const found = stanzas.filter(({ stanza }) => stanza.words === name);
    const words = found[DEEPEST]?.words;
    if (words === undefined) continue;
    raise(cursor, {
      code: 'condition-too-deep',
      message: `Expression too deep: more than ${DEEPEST} ${quoted(name)} in one file`,
      from: words.from,
      to: words.to,
    });
  }
}

/** Upstart 0.3 looks for a process id only where the job is a daemon. */
function warnAboutPid(cursor: Cursor, { stanzas }: JobNode, draft: JobDraft): void {
  if (draft.daemon) return;
  for (const { stanza, words } of stanzas) {
    if (stanza.words !== 'pid file' && stanza.words !== 'pid binary') continue;
    raise(cursor, {
      severity: 'warning',
      code: 'pid-without-daemon',
      message: `'${stanza.words}' ignored unless 'daemon' specified`,
      from: words.from,
      to: words.to,
    });
  }
}
