/**
 * The real machine (job-machine.ts) as a tree of plain data: every function in it has a name, every
 * target is a path. What the names stand for is kept beside it, so that the tree can be made a
 * machine again.
 */
import type { NamedStep } from './simulation.ts';

/** From the root down. */
export type Path = readonly string[];

export interface TreeTransition {
  target?: Path;
  guard?: NamedStep;
  actions: NamedStep[];
  description?: string;
}

export interface TreeState {
  description?: string;
  final: boolean;
  initial?: string;
  entry: NamedStep[];
  invoke: { id: string; src: string; input?: unknown }[];
  always: TreeTransition[];
  on: Map<string, TreeTransition[]>;
  states: Map<string, TreeState>;
}

/** What the names of functions stand for. */
export interface Meanings {
  readonly guards: Map<string, unknown>;
  readonly actions: Map<string, unknown>;
}

// What XState's configs may look like as far as ours does.
type OneOrMany<T> = T | readonly T[];
type RawStep = string | ((...input: never) => unknown) | { type: string; params?: unknown };
type RawTransition =
  | string
  | { target?: string; guard?: RawStep; actions?: OneOrMany<RawStep>; description?: string };
interface RawState {
  id?: string;
  type?: string;
  initial?: string;
  entry?: OneOrMany<RawStep>;
  invoke?: OneOrMany<{ id?: string; src: string; input?: unknown }>;
  always?: OneOrMany<RawTransition>;
  on?: Record<string, OneOrMany<RawTransition>>;
  states?: Record<string, RawState>;
}

export interface ReadTreeOptions {
  /** Makes something of `params` that are a function; undefined where only a real event can say. */
  readonly params: (params: (input: never) => unknown) => unknown;
  /** The same for the `input` of actors. */
  readonly input: (input: unknown) => unknown;
}

interface Reading extends ReadTreeOptions {
  readonly meanings: Meanings;
  readonly ids: ReadonlyMap<string, Path>;
}

/** Where a step stands, for its name. */
interface Place {
  readonly path: Path;
  readonly event?: string;
  readonly at?: number;
}

export function readTree(
  config: object,
  options: ReadTreeOptions,
): TreeState & { meanings: Meanings } {
  const root = config as RawState;
  const meanings: Meanings = { guards: new Map(), actions: new Map() };
  const ids = new Map<string, Path>();
  collectIds(root, [], ids);
  return { ...readState(root, [], { ...options, meanings, ids }), meanings };
}

function collectIds({ id, states = {} }: RawState, path: Path, ids: Map<string, Path>): void {
  if (id !== undefined) ids.set(id, path);
  for (const [name, state] of Object.entries(states)) collectIds(state, [...path, name], ids);
}

function readState(state: RawState, path: Path, reading: Reading): TreeState {
  const { type, initial, states = {}, on = {} } = state;
  return {
    final: type === 'final',
    ...(initial === undefined ? {} : { initial }),
    entry: many(state.entry).map((step) => readAction(step, { path }, reading)),
    invoke: many(state.invoke).map(({ id, src, input }) => {
      const given = reading.input(input);
      return { id: id ?? src, src, ...(given === undefined ? {} : { input: given }) };
    }),
    always: many(state.always).map((one, at) => readTransition(one, { path, at }, reading)),
    on: new Map(
      Object.entries(on).map(([event, list]) => [
        event,
        many(list).map((one, at) => readTransition(one, { path, event, at }, reading)),
      ]),
    ),
    states: new Map(
      Object.entries(states).map(([name, one]) => [name, readState(one, [...path, name], reading)]),
    ),
  };
}

function readTransition(raw: RawTransition, place: Place, reading: Reading): TreeTransition {
  const { target, guard, actions, description } = typeof raw === 'string' ? { target: raw } : raw;
  return {
    ...(target === undefined ? {} : { target: resolve(target, place.path, reading.ids) }),
    ...(guard === undefined ? {} : { guard: readGuard(guard, place, reading) }),
    ...(description === undefined ? {} : { description }),
    actions: many(actions).map((step) => readAction(step, place, reading)),
  };
}

/** `#id`, or the name of a state beside the one that has the transition. */
function resolve(target: string, path: Path, ids: ReadonlyMap<string, Path>): Path {
  if (!target.startsWith('#')) return [...path.slice(0, -1), target];
  const found = ids.get(target.slice(1));
  if (found === undefined) throw new Error(`the machine has no state ${target}`);
  return found;
}

function readGuard(guard: RawStep, place: Place, { meanings }: Reading): NamedStep {
  if (typeof guard === 'string') return guard;
  if (typeof guard === 'function') {
    const label = `case ${(place.at ?? 0) + 1} of ${place.event ?? 'always'}`;
    return named(meanings.guards, { label, complete: false, path: place.path, meaning: guard });
  }
  const { type, params } = guard;
  if (typeof params !== 'function') return { type, params: params as string };
  return named(meanings.guards, { label: type, complete: false, path: place.path, meaning: guard });
}

function readAction(action: RawStep, place: Place, reading: Reading): NamedStep {
  const { meanings } = reading;
  if (typeof action === 'string') return action;
  if (typeof action === 'function') {
    const label = labelOf(action, place);
    return named(meanings.actions, { ...label, path: place.path, meaning: action });
  }
  const { type } = action;
  const params =
    typeof action.params === 'function' ? reading.params(action.params as never) : action.params;
  return params === undefined ? type : { type, params: params as Record<string, unknown> };
}

interface Label {
  readonly label: string;
  /** It says all that there is to know: the same label means the same. */
  readonly complete: boolean;
}

/** XState's own actions are functions that carry what they were made of. */
function labelOf(action: object, { event }: Place): Label {
  const { type, assignment, event: sent } = action as Record<string, unknown>;
  if (type === 'xstate.assign') return labelOfAssignment(assignment ?? {});
  if (type === 'xstate.sendTo') {
    return { label: `tell main: ${(sent as { type?: string }).type}`, complete: true };
  }
  return { label: `take ${event ?? 'it'}`, complete: false };
}

function labelOfAssignment(assignment: object): Label {
  const fields = Object.entries(assignment);
  return {
    label: fields
      .map(([name, value]) => (typeof value === 'function' ? name : `${name} = ${value}`))
      .join(', '),
    complete: fields.every(([, value]) => typeof value !== 'function'),
  };
}

interface Naming extends Label {
  readonly path: Path;
  readonly meaning: unknown;
}

/** The same function has one name; another of that label is told apart by its place. */
function named(known: Map<string, unknown>, { label, complete, path, meaning }: Naming): string {
  const where = path.slice(1).join('.');
  for (let nth = 0; ; nth += 1) {
    const name = [label, ...(nth > 0 ? [`(${where})`] : []), ...(nth > 1 ? [nth] : [])].join(' ');
    if (!known.has(name)) known.set(name, meaning);
    if (complete || known.get(name) === meaning) return name;
  }
}

function many<T>(list: OneOrMany<T> | undefined): readonly T[] {
  if (list === undefined) return [];
  return Array.isArray(list) ? list : [list as T];
}

export function find(root: TreeState, path: Path): TreeState {
  let state = root;
  for (const name of path) state = state.states.get(name) as TreeState;
  return state;
}

/** It is the state of that path, or inside of it. */
export function isBelow(path: Path, above: Path): boolean {
  return above.every((name, at) => path[at] === name);
}
