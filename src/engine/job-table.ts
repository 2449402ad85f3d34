import type { Environment } from '../model/environment.ts';
import { extend, extendByStanzas } from '../model/environment.ts';
import type { Event } from '../model/event.ts';
import type { JobDefinition } from '../model/job.ts';
import type { Memory } from './condition-memory.ts';
import { emptyMemory, feed, trueEvents } from './condition-memory.ts';
import { EventIndex } from './event-index.ts';
import type { Blocker, EventQueue, QueuedEvent } from './event-queue.ts';
import { bucketOf } from './hash-order.ts';
import type { JobInstance } from './job-instance.ts';
import type { Lineage } from './lineage.ts';
import { createStartCount, type StartCount } from './verdict.ts';

/** A job that is defined, and its living instances. */
export interface JobRecord {
  readonly job: JobDefinition;
  /** In order of definition: jobs see an event in this order. */
  readonly serial: number;
  /** By instance name, or by a number where the job makes nameless ones. */
  readonly instances: ReadonlyMap<string, JobInstance>;
  /** Of the last run. */
  readonly lineage: Lineage | undefined;
  /** Of event.d, where starts are counted as long as the job is defined. */
  readonly countStart: StartCount;
}

/** What becomes of definitions besides being there: one waits for instances to end, one is gone. */
type DefinitionFate = 'waiting' | 'destroyed';

export interface JobTableOptions {
  readonly queue: EventQueue;
  readonly onFate: (fate: DefinitionFate, job: JobDefinition) => void;
  /** Jobs and instances come in the order of Upstart's hash tables (hash-order.ts). */
  readonly hashOrder?: boolean | undefined;
}

interface Row extends JobRecord {
  job: JobDefinition;
  serial: number;
  lineage: Lineage | undefined;
  countStart: StartCount;
  readonly instances: Map<string, JobInstance>;
  memory: Memory<QueuedEvent>;
  readonly blocker: Blocker;
  /** What takes over when the last instance is gone; null: nothing. */
  next: JobDefinition | null | undefined;
}

export interface Listening {
  readonly record: JobRecord;
  /** Instances whose `stop on` names the event, in the order in which they were made. */
  readonly stoppable: readonly JobInstance[];
}

/**
 * Definitions and instances, indexed by the events that they listen to, so that an event costs
 * what it matches and not what is loaded. A definition with instances stays until the last of
 * them is gone; then the newest takes over (UPSTART.md, section 22).
 */
export class JobTable {
  readonly #queue: EventQueue;
  readonly #onFate: JobTableOptions['onFate'];
  readonly #hashOrder: boolean;
  readonly #rows = new Map<string, Row>();
  readonly #starts = new EventIndex<Row>();
  readonly #stops = new EventIndex<{ readonly row: Row; readonly instance: JobInstance }>();
  readonly #stopEntries = new Map<JobInstance, { row: Row; instance: JobInstance }>();
  #serial = 0;

  constructor({ queue, onFate, hashOrder = false }: JobTableOptions) {
    this.#queue = queue;
    this.#onFate = onFate;
    this.#hashOrder = hashOrder;
  }

  define(job: JobDefinition): void {
    const row = this.#rows.get(job.name);
    if (row === undefined) this.#insert(job);
    else if (row.instances.size > 0) this.#wait(row, job);
    else this.#replace(row, job);
  }

  undefine(name: string): void {
    const row = this.#rows.get(name);
    if (row === undefined) return;
    if (row.instances.size > 0) this.#wait(row, null);
    else this.#remove(row);
  }

  get(name: string): JobRecord | undefined {
    return this.#rows.get(name);
  }

  /** Every job, in the order in which they see an event. */
  records(): Iterable<JobRecord> {
    if (!this.#hashOrder) return this.#rows.values();
    return [...this.#rows.values()].sort((a, b) => this.#compare(a, b));
  }

  /** The living instances of a job, in the order in which they see an event. */
  instancesOf({ instances }: JobRecord): readonly JobInstance[] {
    return [...instances.values()].sort((a, b) => this.#compareInstances(a, b));
  }

  /** Somebody listens to this event. */
  hears(event: string): boolean {
    return this.#starts.hears(event) || this.#stops.hears(event);
  }

  /** The jobs that this event may concern, in order of definition, and who may be stopped. */
  listeners(event: Event): readonly Listening[] {
    const starts = this.#starts.get(event);
    const stops = this.#stops.get(event);
    if (starts.size + stops.size === 0) return [];
    const byRow = new Map<Row, JobInstance[]>();
    for (const row of starts) byRow.set(row, []);
    for (const { row, instance } of stops) {
      const instances = byRow.get(row);
      if (instances === undefined) byRow.set(row, [instance]);
      else instances.push(instance);
    }
    const found = Array.from(byRow, ([record, stoppable]) => ({ record, stoppable })).sort((a, b) =>
      this.#compare(a.record, b.record),
    );
    for (const { stoppable } of found) stoppable.sort((a, b) => this.#compareInstances(a, b));
    return found;
  }

  /** Feeds an event to `start on`; `act` runs while the events are still remembered. */
  feedStart(
    record: JobRecord,
    queued: QueuedEvent,
    act: (events: readonly QueuedEvent[]) => void,
  ): void {
    const row = record as Row;
    const { startOn } = row.job;
    if (startOn === undefined) return;
    const { dialect } = row.job;
    const fed = feed(startOn, row.memory, { event: queued.event, held: queued, dialect });
    if (fed.matched === 0) return;
    row.memory = fed.memory;
    this.#queue.block(queued, row.blocker);
    if (!fed.value) return;
    act(trueEvents(startOn, fed.memory));
    this.#forget(row);
  }

  addInstance(record: JobRecord, key: string, instance: JobInstance): void {
    const row = record as Row;
    row.instances.set(key, instance);
    const { stopOn, dialect } = instance.job;
    if (stopOn === undefined) return;
    const entry = { row, instance };
    this.#stopEntries.set(instance, entry);
    this.#stops.add(stopOn, dialect, entry);
  }

  removeInstance(instance: JobInstance, key: string): void {
    const entry = this.#stopEntries.get(instance);
    if (entry !== undefined) {
      this.#stops.delete(instance.job.stopOn, instance.job.dialect, entry);
      this.#stopEntries.delete(instance);
    }
    const row = this.#rows.get(instance.job.name);
    if (row === undefined) return;
    row.instances.delete(key);
    row.lineage = instance.lineage;
    if (row.instances.size > 0 || row.next === undefined) return;
    if (row.next === null) this.#remove(row);
    else this.#replace(row, row.next);
  }

  /** Releases every event that a `start on` remembers, and listens to nothing any more. */
  clear(): void {
    for (const row of this.#rows.values()) {
      this.#forget(row);
      this.#starts.delete(row.job.startOn, row.job.dialect, row);
    }
  }

  #insert(job: JobDefinition): Row {
    const row: Row = {
      job,
      serial: this.#serial++,
      instances: new Map(),
      lineage: undefined,
      countStart: createStartCount(),
      memory: memoryFor(job),
      blocker: { kind: 'match', job: job.name, stanza: 'start on' },
      next: undefined,
    };
    this.#rows.set(job.name, row);
    this.#starts.add(job.startOn, job.dialect, row);
    return row;
  }

  #remove(row: Row): void {
    this.#forget(row);
    this.#starts.delete(row.job.startOn, row.job.dialect, row);
    this.#rows.delete(row.job.name);
    this.#onFate('destroyed', row.job);
  }

  #wait(row: Row, next: JobDefinition | null): void {
    row.next = next;
    this.#onFate('waiting', row.job);
  }

  /** Half of an expression that came true is carried over, where the new one wants it too. */
  #replace(row: Row, job: JobDefinition): void {
    const remembered = new Set(row.memory);
    this.#starts.delete(row.job.startOn, row.job.dialect, row);
    this.#onFate('destroyed', row.job);
    row.job = job;
    row.next = undefined;
    row.countStart = createStartCount();
    // A definition that Upstart reads again goes to the end of its bucket.
    if (this.#hashOrder) row.serial = this.#serial++;
    row.memory = memoryFor(job);
    this.#starts.add(job.startOn, job.dialect, row);
    for (const queued of remembered) {
      if (queued === undefined) continue;
      const fed =
        job.startOn &&
        feed(job.startOn, row.memory, {
          event: queued.event,
          held: queued,
          dialect: job.dialect,
        });
      if (fed !== undefined && fed.matched > 0) row.memory = fed.memory;
      else this.#queue.release(queued, row.blocker);
    }
  }

  #compare(a: JobRecord, b: JobRecord): number {
    const byBucket = this.#hashOrder ? bucketOf(a.job.name) - bucketOf(b.job.name) : 0;
    return byBucket || a.serial - b.serial;
  }

  #compareInstances(a: JobInstance, b: JobInstance): number {
    const byBucket = this.#hashOrder ? bucketOf(a.name) - bucketOf(b.name) : 0;
    return byBucket || a.id - b.id;
  }

  #forget(row: Row): void {
    for (const queued of new Set(row.memory)) {
      if (queued !== undefined) this.#queue.release(queued, row.blocker);
    }
    row.memory = memoryFor(row.job);
  }
}

function memoryFor(job: JobDefinition): Memory<QueuedEvent> {
  return job.startOn === undefined ? [] : emptyMemory(job.startOn);
}

/** What a job's environment is before an event or a command adds to it (section 15). */
export function classEnvironment(
  job: JobDefinition,
  base: Environment,
  outer: Environment,
): Environment {
  return extendByStanzas(base, job.env, outer);
}

/** With the variables of the events that start it, and UPSTART_EVENTS. */
export function eventEnvironment(
  environment: Environment,
  events: readonly QueuedEvent[],
): Environment {
  const names = events.map(({ event }) => event.name).join(' ');
  return extend(environment, [
    ...events.flatMap(({ event }) => event.variables),
    { name: 'UPSTART_EVENTS', value: names },
  ]);
}
