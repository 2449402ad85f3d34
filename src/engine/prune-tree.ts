/** What of the machine's tree one job has. */
import type { JobDefinition } from '../model/job.ts';
import { find, isBelow, type Path, type TreeState, type TreeTransition } from './machine-tree.ts';
import type { NamedStep } from './simulation.ts';

export interface Pruning {
  /** Whether a guard always or never holds for the job; undefined where that depends. */
  readonly decide: (guard: NamedStep) => boolean | undefined;
  /** Events that never come. */
  readonly lacks: (event: string) => boolean;
  /** Actors that it does not have, and states that it never comes to. */
  readonly lacksActor: (src: string) => boolean;
  readonly lacksState: (path: Path) => boolean;
  /** Actions that mean nothing to it. */
  readonly lacksAction: (action: NamedStep) => boolean;
}

/** What the job has or does not have, in the words of the machine. */
export function pruningFor(job: JobDefinition, hold: (guard: NamedStep) => boolean): Pruning {
  const hasMain = job.domain !== undefined || job.processes.main !== undefined;
  const isOld = job.dialect === 'event.d';
  const expects = awaitsExpect(job);
  const never = new Set([
    ...(hasMain ? [] : ['isAlive', 'isUsed']),
    ...(job.respawn ? [] : ['wantsRespawn']),
    ...(isOld ? [] : ['isTooMany', 'endsAgainstGoal']),
  ]);
  const without = new Set([
    ...(expects ? [] : ['expecting']),
    // Only a pre-stop process gives the time to cancel a stop.
    ...(job.processes['pre-stop'] === undefined ? ['resumed'] : []),
  ]);
  return {
    decide(guard) {
      const type = typeFrom(guard);
      if (FIXED.has(type)) return hold(guard);
      return never.has(type) ? false : undefined;
    },
    lacks: (event) =>
      (!hasMain && (event.startsWith('main.') || event === 'kill.due')) ||
      (event === 'main.settled' && !expects) ||
      (event === 'deadline.due' && job.domain?.timeout === undefined),
    lacksActor: (src) => src === 'mainProcess' && !hasMain,
    lacksState: (path) => without.has(path.at(-1) ?? ''),
    lacksAction: (action) => {
      const type = typeFrom(action);
      return (
        (!hasMain && type.startsWith('tell main')) ||
        (type === 'armDeadline' && job.domain?.timeout === undefined) ||
        (type === 'countStart' && !isOld)
      );
    },
  };
}

/** Whether its main process is waited for in `spawned`; a domain has no use for `expect`. */
export function awaitsExpect({ expect, daemon, domain }: JobDefinition): boolean {
  return domain === undefined && (daemon === true || (expect ?? 'none') !== 'none');
}

/** Guards that ask for nothing but the definition of the job. */
const FIXED: ReadonlySet<string> = new Set(['hasMain', 'has', 'isService', 'isOld', 'isImpatient']);

function typeFrom(step: NamedStep): string {
  return typeof step === 'string' ? step : step.type;
}

export function prune(root: TreeState, pruning: Pruning): void {
  cut(root, [], pruning);
  shortCut(root, root, []);
  dropUnreached(root);
}

/** Removes the states that nothing leads to. */
export function dropUnreached(root: TreeState): void {
  const reached = new Set<TreeState>();
  reach(root, [], reached);
  sweep(root, reached);
}

/** Removes the transitions that are never taken, and actors and actions that mean nothing. */
function cut(state: TreeState, path: Path, pruning: Pruning): void {
  const kept = (list: TreeTransition[]) => possible(list, pruning);
  state.entry = state.entry.filter((action) => !pruning.lacksAction(action));
  state.invoke = state.invoke.filter(({ src }) => !pruning.lacksActor(src));
  state.always = kept(state.always);
  for (const [event, list] of state.on) {
    const left = pruning.lacks(event) ? [] : kept(list);
    if (left.length === 0) state.on.delete(event);
    else state.on.set(event, left);
  }
  for (const [name, inner] of state.states) cut(inner, [...path, name], pruning);
}

function possible(list: readonly TreeTransition[], pruning: Pruning): TreeTransition[] {
  const left: TreeTransition[] = [];
  for (const { guard, ...transition } of list) {
    if (transition.target !== undefined && pruning.lacksState(transition.target)) continue;
    const holds = guard === undefined ? true : pruning.decide(guard);
    if (holds === false) continue;
    const actions = transition.actions.filter((action) => !pruning.lacksAction(action));
    if (holds === true) {
      left.push({ ...transition, actions });
      break;
    }
    left.push({ ...transition, actions, ...(guard === undefined ? {} : { guard }) });
  }
  return left;
}

/** Leads past the states that only lead on to one beside them. */
function shortCut(state: TreeState, root: TreeState, path: Path): void {
  for (const list of [state.always, ...state.on.values()]) {
    for (const transition of list) {
      if (transition.target !== undefined) transition.target = goal(root, transition.target);
    }
  }
  state.always = withoutTwins(state.always);
  for (const [event, list] of state.on) state.on.set(event, withoutTwins(list));
  if (state.initial !== undefined) {
    state.initial = goal(root, [...path, state.initial]).at(-1) as string;
  }
  for (const [name, inner] of state.states) shortCut(inner, root, [...path, name]);
}

/** Without a case that leads to the same as what comes of it otherwise. */
function withoutTwins(list: readonly TreeTransition[]): TreeTransition[] {
  const last = list.at(-1);
  if (last === undefined || last.guard !== undefined) return [...list];
  const same = JSON.stringify(last);
  const isTwin = ({ guard: _, ...transition }: TreeTransition) =>
    JSON.stringify(transition) === same;
  const differs = list.slice(0, -1).findLastIndex((transition) => !isTwin(transition));
  return [...list.slice(0, differs + 1), last];
}

function goal(root: TreeState, path: Path): Path {
  const { final, entry, invoke, on, states, always } = find(root, path);
  const [only] = always;
  const plain = entry.length + invoke.length + on.size + states.size === 0 && !final;
  if (!plain || always.length !== 1 || only?.target === undefined) return path;
  const beside = only.target.length === path.length && isBelow(only.target, path.slice(0, -1));
  if (!beside || only.guard !== undefined || only.actions.length > 0) return path;
  return goal(root, only.target);
}

/** Marks the state, those around it, and all that they lead to. */
function reach(root: TreeState, path: Path, reached: Set<TreeState>): void {
  for (let depth = 0; depth <= path.length; depth += 1) {
    const here = path.slice(0, depth);
    const state = find(root, here);
    if (reached.has(state)) continue;
    reached.add(state);
    if (state.initial !== undefined) reach(root, [...here, state.initial], reached);
    for (const list of [state.always, ...state.on.values()]) {
      for (const { target } of list) {
        if (target !== undefined) reach(root, target, reached);
      }
    }
  }
}

function sweep(state: TreeState, reached: ReadonlySet<TreeState>): void {
  for (const [name, inner] of state.states) {
    if (reached.has(inner)) sweep(inner, reached);
    else state.states.delete(name);
  }
}
