import type { Environment, Variable } from '../model/environment.ts';
import { extend } from '../model/environment.ts';
import { DomstartError } from '../model/errors.ts';
import type { JobDefinition } from '../model/job.ts';
import { EnvironmentTables } from './environment-tables.ts';
import type { InstanceHost } from './instance-host.ts';
import { instanceName } from './instance-name.ts';
import { JobInstance } from './job-instance.ts';
import type { JobRecord, JobTable } from './job-table.ts';
import { classEnvironment } from './job-table.ts';
import type { Lineage } from './lineage.ts';
import { refuseNulIn } from './refuse-nul.ts';

/** Which instance: a command came from inside it. */
export interface InstanceId {
  readonly job: string;
  readonly instance: string;
}

export interface InstancesOptions {
  readonly table: JobTable;
  /** What every job's environment begins with. */
  readonly environment: Environment;
  readonly outerEnvironment: Environment;
  readonly onGone: (instance: JobInstance) => void;
}

/** Who lives: instances, from the moment when they are first asked to start until they are gone. */
export class Instances {
  /** The environment that jobs start from, and that of each instance. */
  readonly environment: EnvironmentTables;
  readonly #options: InstancesOptions;
  readonly #byId = new Map<number, JobInstance>();
  readonly #keys = new Map<JobInstance, string>();
  #serial = 0;

  constructor(options: InstancesOptions) {
    this.#options = options;
    this.environment = new EnvironmentTables({
      base: options.environment,
      instances: () => this.#byId.values(),
      classEnvironment: (job) => this.classEnvironment(job),
      find: (of) => this.living(of),
    });
  }

  get size(): number {
    return this.#byId.size;
  }

  all(): Iterable<JobInstance> {
    return this.#byId.values();
  }

  byId(id: number): JobInstance | undefined {
    return this.#byId.get(id);
  }

  /** Throws `job-unknown`. */
  record(name: string): JobRecord {
    const record = this.#options.table.get(name);
    if (record === undefined) throw new DomstartError('job-unknown', `Unknown job: ${name}`);
    return record;
  }

  /** Throws `job-unknown`, or `job-unchanged` where it does not live. */
  living(of: InstanceId): JobInstance {
    this.record(of.job);
    const instance = this.#named(of);
    if (instance === undefined) throw unchanged(`Unknown instance: ${of.instance}`);
    return instance;
  }

  /** Of what this instance emits; what a job put into the background may do so after its run. */
  lineageOf(of: InstanceId): Lineage | undefined {
    return (this.#named(of) ?? this.#options.table.get(of.job))?.lineage;
  }

  classEnvironment(job: JobDefinition): Environment {
    return classEnvironment(job, this.environment.table, this.#options.outerEnvironment);
  }

  /** Of a start by command. Throws `job-invalid` where NUL is in it. Jobs of Upstart 0.3 add their own `env` at the very end. */
  startEnvironment({ job }: JobRecord, variables: readonly Variable[]): Environment {
    refuseNulIn(variables);
    if (job.dialect === 'event.d') return this.environment.table;
    return extend(this.classEnvironment(job), variables);
  }

  /** The instance that this environment names, made where it does not live. Throws. */
  obtain(record: JobRecord, environment: Environment, host: InstanceHost): JobInstance {
    const { job, countStart } = record;
    const name = instanceName(job, environment);
    const id = ++this.#serial;
    const key = job.instanceEach === true ? String(id) : name;
    const existing = record.instances.get(key);
    if (existing !== undefined) return existing;
    const instance = new JobInstance({ id, job, name, host, countStart });
    this.#byId.set(id, instance);
    this.#keys.set(instance, key);
    this.#options.table.addInstance(record, key, instance);
    return instance;
  }

  /** It is back in `waiting`. */
  remove(instance: JobInstance): void {
    const key = this.#keys.get(instance) ?? instance.name;
    this.#keys.delete(instance);
    this.#options.onGone(instance);
    this.#options.table.removeInstance(instance, key);
    this.#byId.delete(instance.id);
  }

  #named({ job, instance }: InstanceId): JobInstance | undefined {
    for (const one of this.#options.table.get(job)?.instances.values() ?? []) {
      if (one.name === instance) return one;
    }
    return undefined;
  }
}

/** A command that changes nothing. */
export function unchanged(message: string): DomstartError {
  return new DomstartError('job-unchanged', message);
}
