/**
 * Leads past the states of a tree in which nothing rests: a transition to a state that only chooses
 * where to go on becomes a transition to each of its choices. A lifecycle then takes a third of the
 * steps, and does the same things in the same order.
 */
import { find, isBelow, type Path, type TreeState, type TreeTransition } from './machine-tree.ts';
import type { NamedStep } from './simulation.ts';

export interface InlineOptions {
  /** The fields of the context that an action may change; undefined: any. */
  readonly writes: (action: NamedStep) => readonly string[] | undefined;
  /** The fields that a guard looks at; undefined: any. */
  readonly reads: (guard: string) => readonly string[] | undefined;
}

/** What joined guards stand for, by the name that each has in the tree: all of these hold. */
export type JoinedGuards = ReadonlyMap<string, readonly string[]>;

/** More than one machine has of such states in a row. */
const MOST_ROUNDS = 10;

export function inlineTree(root: TreeState, options: InlineOptions): JoinedGuards {
  const joined = new Map<string, readonly string[]>();

  function visit(state: TreeState, path: Path): void {
    state.always = inlineAll(state.always, path);
    for (const [event, list] of state.on) state.on.set(event, inlineAll(list, path));
    for (const [name, inner] of state.states) visit(inner, [...path, name]);
  }

  function inlineAll(list: readonly TreeTransition[], path: Path): TreeTransition[] {
    let now = [...list];
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      now = now.flatMap((one) => inline(root, one, { path, options, joined }) ?? [one]);
    }
    return now;
  }

  visit(root, []);
  return joined;
}

interface Inlining {
  /** Of the state that has the transition. */
  readonly path: Path;
  readonly options: InlineOptions;
  readonly joined: Map<string, readonly string[]>;
}

/** Undefined where the transition has to stay as it is. */
function inline(
  root: TreeState,
  transition: TreeTransition,
  { path, options, joined }: Inlining,
): TreeTransition[] | undefined {
  const { target, guard, actions } = transition;
  if (target === undefined) return undefined;
  const through = restOf(root, target);
  const { always } = find(root, through);
  if (always.length === 0 || always.at(-1)?.guard !== undefined) return undefined;

  const domain = domainOf(path, target);
  const entered = pathsBelow(domain, through);
  const entries = (paths: readonly Path[]) => paths.flatMap((at) => find(root, at).entry);
  const written = [...actions, ...entries(entered)].map(options.writes);
  const found: TreeTransition[] = [];
  for (const choice of always) {
    if (choice.target === undefined || !isUnchanged(choice.guard, written, options)) {
      return undefined;
    }
    const next = domainOf(through, choice.target);
    const passed = entered.filter(({ length }) => length > next.length);
    const done = [...actions, ...entries(passed)];
    if (passed.some((at) => find(root, at).invoke.length > 0)) return undefined;
    if (next.length > domain.length) {
      // What is entered on the way stays, and would be entered behind these.
      if (entries(passed).length + choice.actions.length > 0) return undefined;
    } else if (done.length > 0 && stops(root, next, domain)) {
      return undefined;
    }
    const both = domainOf(path, choice.target);
    if (both.length !== Math.min(domain.length, next.length)) return undefined;
    const together = join(guard, choice.guard, joined);
    if (together === null) return undefined;
    found.push({
      ...transition,
      target: choice.target,
      actions: [...done, ...choice.actions],
      ...(together === undefined ? {} : { guard: together }),
    });
    if (together === guard) break;
  }
  return found;
}

/** Leaving the states between the two would stop an actor, which comes before all actions. */
function stops(root: TreeState, outer: Path, inner: Path): boolean {
  return pathsBelow(outer, inner).some((at) => find(root, at).invoke.length > 0);
}

function isUnchanged(
  guard: NamedStep | undefined,
  written: readonly (readonly string[] | undefined)[],
  { reads }: InlineOptions,
): boolean {
  if (guard === undefined) return true;
  const read = typeof guard === 'string' ? reads(guard) : undefined;
  return written.every(
    (fields) =>
      fields?.length === 0 ||
      (fields !== undefined && read !== undefined && !fields.some((one) => read.includes(one))),
  );
}

/** Null where a guard has no name. */
function join(
  one: NamedStep | undefined,
  other: NamedStep | undefined,
  joined: Map<string, readonly string[]>,
): NamedStep | undefined | null {
  if (one === undefined || other === undefined) return one ?? other;
  if (typeof one !== 'string' || typeof other !== 'string') return null;
  const parts = (name: string) => joined.get(name) ?? [name];
  const all = [...new Set([...parts(one), ...parts(other)])];
  const name = all.join(' and ');
  if (all.length > 1) joined.set(name, all);
  return name;
}

/** The state that a transition there comes to. */
function restOf(root: TreeState, target: Path): Path {
  const { initial } = find(root, target);
  return initial === undefined ? target : restOf(root, [...target, initial]);
}

/** The innermost state that a transition does not leave. */
function domainOf(source: Path, target: Path): Path {
  if (isBelow(target, source)) return source;
  let length = 0;
  const most = Math.min(source.length, target.length) - 1;
  while (length < most && source[length] === target[length]) length += 1;
  return source.slice(0, length);
}

/** From the outside in. */
function pathsBelow(outer: Path, inner: Path): Path[] {
  return Array.from({ length: inner.length - outer.length }, (_, at) =>
    inner.slice(0, outer.length + at + 1),
  );
}
