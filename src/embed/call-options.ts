import { ANNOUNCEMENT_TYPES, type AnnouncementType } from '../engine/announcements.ts';
import type { Variable } from '../model/environment.ts';
import { DomstartError } from '../model/errors.ts';
import { filled, list, object, record, type Shape, text, word } from './check-shape.ts';

/** By name; or as a list where the order counts. */
type VariableOptions = Readonly<Record<string, string>> | readonly Variable[];

const variable = object({ name: filled, value: text }, { required: ['name', 'value'] });

export interface CallOptions {
  /** By name; or as a list where the order counts, as it does for operands without a name. */
  readonly variables?: VariableOptions;
  readonly signal?: AbortSignal;
}

/** What a caller gave for a call. Throws `job-invalid`: callers in JavaScript may give anything. */
export function givenOptions(options: CallOptions = {}): {
  readonly variables: readonly Variable[];
  readonly signal: AbortSignal | undefined;
} {
  refuse(anything, options, 'the options of a call');
  return { variables: variableList(options.variables), signal: options.signal };
}

function variableList(variables: VariableOptions = []): readonly Variable[] {
  refuse(Array.isArray(variables) ? list(variable) : record(text), variables, 'variables');
  if (isList(variables)) return variables;
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}

/** The name of an event or a job. */
export function filledName(name: string, what: string): string {
  refuse(filled, name, what);
  return name;
}

const anything = record(() => []);

export function calledListener<Type>(listener: Type): Type {
  if (typeof listener === 'function') return listener;
  throw new DomstartError('job-invalid', 'a listener must be a function');
}

const announcement = word(...ANNOUNCEMENT_TYPES);

export function knownType<Type extends AnnouncementType>(type: Type): Type {
  refuse(announcement, type, 'what is listened to');
  return type;
}

/** Options that are given must be an object, with a list of jobs where it has any. */
export function engineOptions<Options extends object>(options: Options): Options {
  refuse(anything, options, 'the options of an engine');
  const { jobs } = options as { readonly jobs?: unknown };
  if (jobs !== undefined)
    refuse(
      list(() => []),
      jobs,
      'jobs',
    );
  return options;
}

function refuse(shape: Shape, value: unknown, what: string): void {
  const [problem] = shape(value, what);
  if (problem === undefined) return;
  throw new DomstartError('job-invalid', `${problem.path} ${problem.message}`, {
    hint: problem.hint,
  });
}

function isList(variables: object): variables is readonly Variable[] {
  return Array.isArray(variables);
}
