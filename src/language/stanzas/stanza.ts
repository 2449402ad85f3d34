/**
 * The shape of the stanza table. A row is the one place where a stanza is described: its words,
 * the dialects that have it, its arguments, what it does to a job (`set`), how a job is written
 * with it (`get`), how often it may stand, and the sentence and example that people read about it.
 */
import type { Condition } from '../../model/condition.ts';
import type { Dialect, JobDefinition, ProcessName } from '../../model/job.ts';
import type { JobDraft } from '../job-draft.ts';
import type { Problem } from '../raise.ts';

/** What is wrong with an argument's text. */
export interface Refusal extends Problem {
  readonly refused: true;
}

export function refuse(code: string, message: string, hint?: string): Refusal {
  return { refused: true, code, message, hint };
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refused' in value;
}

export interface ArgumentType<T> {
  /** Where only some words will do; for completion and for suggestions. */
  readonly choices?: readonly string[];
  /** What will do, in words, for the manual: `a whole number from 0 to 19`. */
  readonly expects?: string;
  readonly read: (text: string) => T | Refusal;
  /**
   * The text that `read` would make the value of, without quotes; String() where it is absent.
   * A method, so that a list of arguments of many types is still a list of arguments.
   */
  write?(value: T): string;
}

/**
 * one       must stand
 * optional  may stand
 * some      one or more, to the end of the line
 * any       none or more, to the end of the line
 * unless    must stand, unless the argument before it is the word `unless`
 */
export type ArgumentCount = 'one' | 'optional' | 'some' | 'any' | { readonly unless: string };

export interface Argument<T, C extends ArgumentCount = ArgumentCount> {
  readonly name: string;
  readonly type: ArgumentType<T>;
  readonly count: C;
}

export function argument<T>(name: string, type: ArgumentType<T>): Argument<T, 'one'>;
export function argument<T, C extends ArgumentCount>(
  name: string,
  type: ArgumentType<T>,
  count: C,
): Argument<T, C>;
export function argument<T>(name: string, type: ArgumentType<T>, count: ArgumentCount = 'one') {
  return { name, type, count };
}

type ValueOf<A> =
  A extends Argument<infer T, infer C>
    ? C extends 'one'
      ? T
      : C extends 'some' | 'any'
        ? readonly T[]
        : T | undefined
    : never;

type ValuesOf<A extends readonly Argument<unknown>[]> = {
  readonly [K in keyof A]: ValueOf<A[K]>;
};

/** What is wrong with arguments that are each right by themselves. */
export interface Clash extends Problem {
  /** The argument to point at, from 0; the stanza's own words where there is none. */
  readonly argument?: number;
}

type Form =
  | {
      readonly kind: 'arguments';
      readonly arguments: readonly Argument<unknown>[];
      /** `manual` and `debug` do not look at what follows them: it is the next stanza. */
      readonly end: 'line' | 'unchecked';
      readonly check: (values: readonly unknown[]) => Clash | undefined;
      readonly set: (job: JobDraft, values: readonly unknown[]) => void;
      readonly get: (job: JobDefinition) => readonly (readonly unknown[])[];
    }
  | {
      readonly kind: 'condition';
      readonly set: (job: JobDraft, condition: Condition) => void;
      readonly get: (job: JobDefinition) => Condition | undefined;
    }
  | { readonly kind: 'command'; readonly process: ProcessName }
  | { readonly kind: 'script'; readonly process: ProcessName }
  /** A script that is none of the job's processes; may be repeated. */
  | {
      readonly kind: 'block';
      readonly set: (job: JobDraft, text: string) => void;
      readonly get: (job: JobDefinition) => readonly string[];
    }
  | { readonly kind: 'guest' };

interface Once {
  /** The dialect in which a second one is an error. */
  readonly dialect: Dialect;
  /** Stanzas with the same slot exclude each other. */
  readonly slot: string;
  /** One for each value of the first argument. */
  readonly eachFirst?: true;
  /** Given with these values it leaves the slot free: they are the defaults. */
  readonly defaults?: readonly unknown[];
  /** A repetition is allowed once this slot is taken. */
  readonly unless?: string;
}

interface StanzaText {
  readonly words: string;
  readonly dialects: readonly Dialect[];
  readonly help: string;
  readonly example: string;
}

interface StanzaOptions extends StanzaText {
  readonly once?: Once;
  /** Its presence makes the job a domain job. */
  readonly domain?: true;
  /** `guest init direct` honours it. */
  readonly direct?: true;
}

export interface Stanza extends StanzaOptions {
  readonly form: Form;
}

export const EVERY: readonly Dialect[] = ['event.d', 'init', 'chromeos', 'domstart'];
export const MODERN: readonly Dialect[] = ['init', 'chromeos', 'domstart'];
export const OLD: readonly Dialect[] = ['event.d'];
export const OWN: readonly Dialect[] = ['domstart'];

interface ArgumentStanzaOptions<A extends readonly Argument<unknown>[]> extends StanzaOptions {
  readonly arguments: A;
  readonly end?: 'unchecked';
  /** What is wrong with the values together. */
  readonly check?: (...values: ValuesOf<A>) => Clash | undefined;
  readonly set: (job: JobDraft, ...values: ValuesOf<A>) => void;
  /**
   * The other way round: what `set` would have to be given, once for each line of the stanza, to
   * make the job what it is. Nothing where the job does not have it, or another row says it.
   */
  readonly get: (job: JobDefinition) => readonly ValuesOf<A>[];
}

/** A row whose arguments stand on its line. */
export function stanza<const A extends readonly Argument<unknown>[]>(
  options: ArgumentStanzaOptions<A>,
): Stanza {
  const { arguments: list, end = 'line', check, set, get, ...rest } = options;
  return {
    ...rest,
    form: {
      kind: 'arguments',
      arguments: list,
      end,
      // The parser has read each value with the type of its argument.
      check: (values) => check?.(...(values as ValuesOf<A>)),
      set: (job, values) => set(job, ...(values as ValuesOf<A>)),
      get,
    },
  };
}

interface FlagOptions extends StanzaOptions {
  readonly set: (job: JobDraft) => void;
  /** Whether the job is written with it. */
  readonly get: (job: JobDefinition) => boolean;
}

/** A row without arguments. */
export function flag({ get, ...options }: FlagOptions): Stanza {
  return stanza({ ...options, arguments: [], get: (job) => (get(job) ? [[]] : []) });
}

/** For `get`: one line where there is a value. */
export function given<T>(value: T | undefined): readonly (readonly [T])[] {
  return value === undefined ? [] : [[value]];
}

/** For `get`: one line with all of a list, where it holds anything. */
export function listOf<T>(list: readonly T[]): readonly (readonly [readonly T[]])[] {
  return list.length === 0 ? [] : [[list]];
}
