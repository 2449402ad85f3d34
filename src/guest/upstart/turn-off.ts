import { parseJob } from '../../language/parse-job.ts';
import { sameJob } from '../../language/same-job.ts';
import type { StanzaNode } from '../../language/syntax.ts';
import type { Condition } from '../../model/condition.ts';

/** An event that nobody emits. */
const NEVER = 'domstart-never';

const ABOUT = '# Turned off: `domstart guest restore` puts the original back.';
const ABOUT_OVERRIDE = '# Turned off: `domstart guest restore` takes this away.';

/**
 * What a job file is like when it never starts. Texts are Latin-1, one character a byte, so that
 * every byte that is not changed stays.
 */
export type TurnedOff =
  /** It never starts by itself as it is. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'off'; readonly text: string }
  /** We cannot read it, and Upstart perhaps can: the new text has nothing of it. */
  | { readonly kind: 'replaced'; readonly text: string };

/** A job of Upstart 0.3: it waits for what never happens, and else is what it was. */
export function turnOffOld(text: string, name: string): TurnedOff {
  if (text === '') return { kind: 'idle' };
  const identity = { file: name, name, dialect: 'event.d' } as const;
  const { job, syntax } = parseJob({ text, ...identity });
  if (job === undefined) return { kind: 'replaced', text: `${ABOUT}\n` };
  if (job.startOn === undefined) return { kind: 'idle' };
  const never: Condition = { kind: 'match', event: NEVER, operands: [] };
  let off = '';
  let at = 0;
  for (const node of syntax.node.stanzas) {
    if (node.stanza.words !== 'start on') continue;
    off += text.slice(at, node.from);
    // The comment has a line of its own: behind the stanza there may be an escaped end of the line.
    if (at === 0) off += `${ABOUT}\nstart on ${NEVER}`;
    at = endOf(node);
  }
  off += text.slice(at);
  const back = parseJob({ text: off, ...identity }).job;
  if (back !== undefined && sameJob(back, { ...job, startOn: never }))
    return { kind: 'off', text: off };
  return { kind: 'replaced', text: `${ABOUT}\n` };
}

/** Behind the last word: comments stay. Upstart 0.3 has words there, and no expressions. */
function endOf({ body, words }: StanzaNode): number {
  if (body.kind !== 'arguments') return words.to;
  return Math.max(words.to, ...body.arguments.flat().map((argument) => argument?.to ?? 0));
}

interface LaterJob {
  readonly name: string;
  readonly text: string;
  /** Of NAME.override, where there is one. */
  readonly override?: string;
  /** The override stays what it is; otherwise it is written anew in any case. */
  readonly sure?: boolean;
}

/** The override that keeps a job of a later Upstart from starting, with what it said before. */
export function turnOffByOverride({ name, text, override, sure = true }: LaterJob): TurnedOff {
  const identity = { file: `${name}.conf`, name, dialect: 'init' } as const;
  const before = parseJob({ text, ...identity, ...(override === undefined ? {} : { override }) });
  if (sure && before.job !== undefined && before.job.startOn === undefined) return { kind: 'idle' };
  const alone = `${ABOUT_OVERRIDE}\nmanual\n`;
  if (override === undefined) return { kind: 'off', text: alone };
  // An error would cut it short before `manual`, which has to be behind every `start on`.
  const line = override === '' || override.endsWith('\n') ? override : `${override}\n`;
  const whole = `${line}${alone}`;
  const after = parseJob({ text, ...identity, override: whole });
  const sound = after.job !== undefined && after.job.startOn === undefined;
  return sound ? { kind: 'off', text: whole } : { kind: 'replaced', text: alone };
}
