/**
 * An object as a job. The object's shape is checked first; then it is filled up, written as the job
 * file that would say the same, and that is read. So an object can be no job that a file cannot be,
 * and what is wrong with a value is told by the one who tells it of files.
 */
import { writeJob } from '../language/print-job.ts';
import type { Condition } from '../model/condition.ts';
import type { DomainSpec, GuestInit, GuestSpec } from '../model/domain.ts';
import type { Dialect, JobDefinition, ProcessName, ProcessSpec } from '../model/job.ts';
import type { ShapeProblem } from './check-shape.ts';
import type { Command, DomainObject, GuestObject, JobObject, ProcessObject } from './job-object.ts';
import { JobObjectError } from './job-object-error.ts';
import { jobObject } from './job-object-shape.ts';
import { JobFileError } from './load-jobs.ts';
import { parseText } from './parse-text.ts';
import { quoteWord } from './quote-word.ts';
import type { JobFile } from './read-jobs.ts';

/** Throws a JobObjectError or a JobFileError. */
export function compileJobObject(object: JobObject): JobDefinition {
  const label = nameOf(object);
  const shape = jobObject(object, '');
  if (shape.length > 0) throw new JobObjectError(label, shape);
  const found: Found = { label, problems: [], broken: [] };
  const job = readBack(fillUp(copy(object), { ...found, dialect: 'domstart', path: '' }), found);
  if (found.problems.length > 0) throw new JobObjectError(label, found.problems);
  if (job === undefined) throw new JobFileError(found.broken, { of: label });
  return job;
}

function nameOf(object: JobObject | undefined): string {
  const name: unknown = object?.name;
  return typeof name === 'string' && name !== '' ? `job ${name}` : 'a job';
}

/** What was found to be wrong. */
interface Found {
  readonly label: string;
  readonly problems: ShapeProblem[];
  readonly broken: JobFile[];
}

interface Place extends Found {
  readonly dialect: Dialect;
  /** Of what is filled up, within the whole object: `domain.guest.`, or empty. */
  readonly path: string;
}

/** The draft as a job file says it; undefined where that has errors. */
function readBack(draft: JobDefinition, found: Found): JobDefinition | undefined {
  // These may hold what no line of a file can, a line end, and there is nothing more to check.
  const { env, description, author, version, usage, ...said } = draft;
  const { text, problems } = writeJob({ ...said, env: [] });
  for (const { words = '', message, hint } of problems) {
    found.problems.push({ path: words, message, ...(hint === undefined ? {} : { hint }) });
  }
  const { name } = draft;
  const file = parseText(text, { file: `${found.label}, as a file`, name, dialect: 'domstart' });
  if (file.job === undefined) found.broken.push(file);
  if (file.job === undefined || found.broken.length > 0) return undefined;
  const { file: _, ...job } = file.job;
  return { ...job, env, ...withoutUndefined({ description, author, version, usage }) };
}

/** The object with all that a definition must have. Its values are as they were. */
function fillUp(object: JobObject, place: Place): JobDefinition {
  const { dialect } = place;
  const { name, startOn, stopOn, env, exec, script, respawnLimit, domain, ...more } = object;
  const { preStart, postStart, preStop, postStop, manual, ...plain } = more;
  return {
    emits: [],
    export: [],
    task: dialect === 'event.d',
    respawn: false,
    normalExit: [],
    limits: {},
    cgroups: [],
    ...plain,
    name,
    dialect,
    env: listOf(env),
    processes: processesOf(
      { main: { exec, script }, preStart, postStart, preStop, postStop },
      place,
    ),
    ...withoutUndefined({
      startOn: manual === true ? undefined : conditionOf('start on', startOn, place),
      stopOn: conditionOf('stop on', stopOn, place),
      manual: manual === true ? (true as const) : undefined,
      respawnLimit: respawnLimit === 'unlimited' ? null : respawnLimit,
      domain: domain && domainOf(domain, place),
    }),
  };
}

function listOf(env: JobObject['env'] = []): readonly string[] {
  return isList(env) ? env : Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

function isList(env: object): env is readonly string[] {
  return Array.isArray(env);
}

/** Read as a file of its own, so that a line end cannot make a second stanza of it. */
function conditionOf(
  words: 'start on' | 'stop on',
  condition: string | Condition | undefined,
  { label, path, dialect, broken, problems }: Place,
): Condition | undefined {
  if (typeof condition !== 'string') return condition;
  const key = words === 'start on' ? 'startOn' : 'stopOn';
  const text = `${words} ${condition}`;
  const file = parseText(text, { file: `${label}, ${path}${key}`, name: key, dialect });
  if (file.job === undefined) broken.push(file);
  else if (file.syntax.node.stanzas.length !== 1) {
    const message = 'holds more than one condition; only inside parentheses it may have lines';
    problems.push({ path: `${path}${key}`, message });
  }
  return file.job?.[key];
}

interface Processes {
  readonly main: { readonly exec?: Command | undefined; readonly script?: string | undefined };
  readonly preStart?: ProcessObject | undefined;
  readonly postStart?: ProcessObject | undefined;
  readonly preStop?: ProcessObject | undefined;
  readonly postStop?: ProcessObject | undefined;
}

function processesOf(objects: Processes, { path, problems }: Place): JobDefinition['processes'] {
  const { main, preStart, postStart, preStop, postStop } = objects;
  if (main.exec !== undefined && main.script !== undefined) {
    problems.push({ path: `${path}script`, message: 'cannot stand beside `exec`' });
  }
  return withoutUndefined({
    main: processOf(main),
    'pre-start': preStart && processOf(preStart),
    'post-start': postStart && processOf(postStart),
    'pre-stop': preStop && processOf(preStop),
    'post-stop': postStop && processOf(postStop),
  } satisfies { [Name in ProcessName]: ProcessSpec | undefined });
}

function processOf({ exec, script }: Processes['main']): ProcessSpec | undefined {
  if (script !== undefined) return { kind: 'script', text: script };
  if (exec === undefined) return undefined;
  const text = typeof exec === 'string' ? exec : exec.map(quoteWord).join(' ');
  return { kind: 'exec', text };
}

function domainOf(domain: DomainObject, place: Place): DomainSpec {
  const { image, console: watched, guest, autostart, ...plain } = domain;
  const source = image.source === 'busybox' ? ({ kind: 'busybox' } as const) : image.source;
  const init = source.kind === 'busybox' ? 'direct' : 'event.d';
  return {
    vifs: [],
    ...plain,
    image: { copies: [], interfaces: [], ...image, source },
    console: { ready: [], fail: [], watch: [], ...watched },
    ...(autostart === true ? { autostart } : {}),
    ...(guest === undefined ? {} : { guest: guestOf(guest, init, place) }),
  };
}

function guestOf({ init, ...job }: GuestObject, otherwise: GuestInit, place: Place): GuestSpec {
  const chosen = init ?? otherwise;
  const dialect = chosen === 'event.d' ? 'event.d' : 'init';
  return { init: chosen, job: fillUp(job, { ...place, dialect, path: 'domain.guest.' }) };
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

function withoutUndefined<T extends object>(value: T): Defined<T> {
  const set = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(set) as Defined<T>;
}

/** Plain data of our own, without keys that are undefined: nobody changes a job from outside. */
function copy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copy) as T;
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(withoutUndefined(value));
  return Object.fromEntries(fields.map(([key, one]) => [key, copy(one)])) as T;
}
