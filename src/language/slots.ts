import type { Dialect } from '../model/job.ts';
import type { StanzaNode } from './syntax.ts';

/** Slots that are taken; true where a second stanza would be an error. */
export type Slots = Map<string, boolean>;

/** Takes the stanza's slot; false where the dialect forbids to say it twice. */
export function takeSlot(slots: Slots, node: StanzaNode, dialect: Dialect): boolean {
  const { once } = node.stanza;
  if (once === undefined || once.dialect !== dialect) return true;
  const values = valuesOf(node);
  const slot = once.eachFirst ? `${once.slot} ${String(values[0])}` : once.slot;
  const { defaults, unless } = once;
  if (slots.get(slot) === true && !(unless !== undefined && slots.has(unless))) return false;
  slots.set(slot, !(defaults?.every((value, index) => value === values[index]) ?? false));
  return true;
}

/** The values of a stanza's arguments, as its row's `set` wants them. */
export function valuesOf({ body }: StanzaNode): readonly unknown[] {
  if (body.kind !== 'arguments') return [];
  return body.arguments.map((argument) =>
    argument === undefined || 'value' in argument
      ? argument?.value
      : argument.map(({ value }) => value),
  );
}
