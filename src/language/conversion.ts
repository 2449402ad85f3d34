import type { Dialect, JobDefinition } from '../model/job.ts';
import type { Cursor } from './cursor.ts';
import { type Problem, raise } from './raise.ts';
import type { StanzaNode } from './syntax.ts';

/** A job on its way into another dialect. What is wrong is told at its place in the source. */
export interface Conversion {
  readonly job: JobDefinition;
  readonly to: Dialect;
  readonly stanzas: readonly StanzaNode[];
  /** Holds the source and the diagnostics; nothing is read with it. */
  readonly cursor: Cursor;
}

interface Place {
  readonly from: number;
  readonly to: number;
}

export function stanzasNamed({ stanzas }: Conversion, words: string): readonly StanzaNode[] {
  return stanzas.filter(({ stanza }) => stanza.words === words);
}

/** What the other dialect cannot say. */
export function refuseAt(
  { cursor, to }: Conversion,
  place: Place,
  why: string,
  hint?: string,
): void {
  const { from, to: end } = place;
  const message = `Cannot be said in ${to}: ${why}`;
  raise(cursor, { code: 'not-in-dialect', message, hint, from, to: end });
}

/** The same at each stanza of that name, or at the top where the file has none. */
export function refuse(conversion: Conversion, words: string, why: string, hint?: string): void {
  const found = stanzasNamed(conversion, words);
  for (const node of found) refuseAt(conversion, node.words, why, hint);
  if (found.length === 0) refuseAt(conversion, { from: 0, to: 0 }, why, hint);
}

/** What can be said, but may not mean the same. */
export function warnAt({ cursor }: Conversion, { from, to }: Place, problem: Problem): void {
  raise(cursor, { ...problem, severity: 'warning', from, to });
}

type Changes = { readonly [K in keyof JobDefinition]?: JobDefinition[K] | undefined };

/** The job with other values; a field that becomes undefined is absent. */
export function changed(job: JobDefinition, changes: Changes): JobDefinition {
  const fields = Object.entries({ ...job, ...changes }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(fields) as unknown as JobDefinition;
}

type RespawnLimit = NonNullable<JobDefinition['respawnLimit']>;

/** The default of both kinds of Upstart, which count differently. */
export const RESPAWN_LIMIT: RespawnLimit = { limit: 10, interval: 5 };

export function unlessDefault(value: RespawnLimit): RespawnLimit | undefined {
  const { limit, interval } = RESPAWN_LIMIT;
  return value.limit === limit && value.interval === interval ? undefined : value;
}
