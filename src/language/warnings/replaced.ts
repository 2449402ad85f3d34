/** Stanzas that a later one takes back. */
import type { LocatedStanza, Warning, WrittenJob } from './written-job.ts';
import { placeOf } from './written-job.ts';

/**
 * `start on`, `stop on` and each process exist once: within one file the last stanza counts, and
 * the others are dropped without a word. An override is there to replace, so it is not looked at.
 */
export function* replacedStanzas({ job, texts }: WrittenJob): Generator<Warning> {
  if (job.dialect === 'event.d') return;
  for (const text of texts) {
    const seen = new Map<string, LocatedStanza>();
    for (const node of text.node.stanzas) {
      const slot = slotOf(node.stanza.form, node.stanza.words);
      if (slot === undefined) continue;
      const earlier = seen.get(slot);
      const here = { text, node };
      if (earlier !== undefined) yield replaced(earlier, here);
      seen.set(slot, here);
    }
  }
}

function slotOf(form: LocatedStanza['node']['stanza']['form'], words: string): string | undefined {
  if (form.kind === 'condition') return words;
  return form.kind === 'command' || form.kind === 'script' ? form.process : undefined;
}

function replaced(earlier: LocatedStanza, later: LocatedStanza): Warning {
  const { words } = earlier.node.stanza;
  const condition = words.endsWith(' on');
  return {
    code: 'replaced-stanza',
    message: `Replaced: this \`${words}\` has no effect, the one below it counts`,
    hint: condition
      ? `join them in one: \`${words} A or B\``
      : 'put both into one script, or take one out',
    at: placeOf(earlier),
    related: { message: 'replaced by this one', at: placeOf(later) },
  };
}

/** `manual` forgets only what stands above it. */
export function* uselessManual({ job, texts }: WrittenJob): Generator<Warning> {
  if (job.startOn === undefined) return;
  for (const text of texts) {
    const at = text.node.stanzas.findIndex(({ stanza }) => stanza.words === 'manual');
    const [manual, ...rest] = at < 0 ? [] : text.node.stanzas.slice(at);
    const start = rest.find(({ stanza }) => stanza.words === 'start on');
    if (manual === undefined || start === undefined) continue;
    yield {
      code: 'manual-without-effect',
      message: 'Without effect: `manual` forgets the `start on` above it, not the one below',
      hint: text.file.endsWith('.override')
        ? 'move `manual` to the end of the override'
        : 'move `manual` to the end of the file, or into an override',
      at: placeOf({ text, node: manual }),
      related: { message: 'this one counts', at: placeOf({ text, node: start }) },
    };
  }
}
