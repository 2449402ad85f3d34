/** A tree of the machine's states as a config that XState can make a machine of again. */
import type { Path, TreeState, TreeTransition } from './machine-tree.ts';
import type { SimulatedState, SimulatedTransition } from './simulation.ts';

export type Guard = (args: { context: unknown; event: unknown }, params: unknown) => boolean;

/** A guard with `params` that depend on the event stands for another guard, given those. */
export function guardsFrom(
  meanings: ReadonlyMap<string, unknown>,
  guards: Readonly<Record<string, Guard>>,
): Record<string, Guard> {
  return Object.fromEntries(
    Array.from(meanings, ([name, meaning]): [string, Guard] => {
      if (typeof meaning === 'function') return [name, meaning as Guard];
      const { type, params } = meaning as { type: string; params: (args: unknown) => unknown };
      return [name, (args) => guards[type]?.(args, params(args)) ?? false];
    }),
  );
}

/** Where a state stands. */
interface Place {
  readonly id: string;
  readonly path: Path;
}

/** What XState's `createMachine` takes, below its context. */
export function configOf(state: TreeState, { id, path }: Place): SimulatedState {
  const { description, final, initial, entry, invoke, always, on, states } = state;
  const transitions = (list: readonly TreeTransition[]) =>
    list.map((one) => transitionOf(one, { id, path }));
  const inner = Array.from(states, ([name, one]) => [
    name,
    configOf(one, { id, path: [...path, name] }),
  ]);
  const handled = Array.from(on, ([event, list]) => [event, transitions(list)]);
  return {
    ...(description === undefined ? {} : { description }),
    ...(final ? { type: 'final' } : {}),
    ...(entry.length === 0 ? {} : { entry }),
    ...(invoke.length === 0 ? {} : { invoke }),
    ...(always.length === 0 ? {} : { always: transitions(always) }),
    ...(handled.length === 0 ? {} : { on: Object.fromEntries(handled) }),
    ...(initial === undefined ? {} : { initial }),
    ...(inner.length === 0 ? {} : { states: Object.fromEntries(inner) }),
  };
}

function transitionOf(transition: TreeTransition, { id, path }: Place): SimulatedTransition {
  const { target, guard, actions, description } = transition;
  return {
    ...(target === undefined ? {} : { target: nameOf(target, { id, path }) }),
    ...(guard === undefined ? {} : { guard }),
    ...(actions.length === 0 ? {} : { actions }),
    ...(description === undefined ? {} : { description }),
  };
}

/** Short where it stands beside the state that leads to it. */
function nameOf(target: Path, { id, path }: Place): string {
  const beside =
    target.length === path.length && path.slice(0, -1).every((name, at) => target[at] === name);
  return beside ? (target.at(-1) as string) : `#${[id, ...target].join('.')}`;
}
