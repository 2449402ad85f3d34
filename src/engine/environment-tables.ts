import type { Environment } from '../model/environment.ts';
import { extend, parseVariable } from '../model/environment.ts';
import { DomstartError } from '../model/errors.ts';
import type { JobDefinition } from '../model/job.ts';
import type { JobInstance } from './job-instance.ts';
import { refuseNul } from './refuse-nul.ts';

/** One instance's own table; absent: the global one, with those of all instances where it is changed. */
export interface TableOptions {
  readonly of?: { readonly job: string; readonly instance: string } | undefined;
}

export interface EnvironmentTablesOptions {
  readonly base: Environment;
  readonly instances: () => Iterable<JobInstance>;
  readonly classEnvironment: (job: JobDefinition) => Environment;
  /** Throws where there is none. */
  readonly find: (of: { readonly job: string; readonly instance: string }) => JobInstance;
}

/**
 * `set-env` and its like (UPSTART.md, section 11): the table that new environments start from, and
 * the environments that instances have by now.
 */
export class EnvironmentTables {
  readonly #options: EnvironmentTablesOptions;
  #table: Environment;

  constructor(options: EnvironmentTablesOptions) {
    this.#options = options;
    this.#table = options.base;
  }

  get table(): Environment {
    return this.#table;
  }

  /** Throws `variable-missing`. */
  get(name: string, options: TableOptions = {}): string {
    const value = this.#of(options).get(name);
    if (value !== undefined) return value;
    throw new DomstartError('variable-missing', `No such variable: ${name}`);
  }

  /**
   * `NAME=VALUE`, or NAME, which is set to nothing. `retain`: only where it is not set. Throws
   * `job-invalid` where there is no name, or NUL in it: no process could be given it.
   */
  set(text: string, { retain, ...options }: TableOptions & { readonly retain: boolean }): void {
    refuseNul([text]);
    const variable = parseVariable(text) ?? { name: text, value: '' };
    if (variable.name === '') {
      throw new DomstartError('job-invalid', `Variable name may not be empty string: "${text}"`, {
        hint: 'NAME=VALUE, or NAME',
      });
    }
    this.#change(options, (table) =>
      retain && table.has(variable.name) ? table : extend(table, [variable]),
    );
  }

  unset(name: string, options: TableOptions = {}): void {
    this.#change(options, (table) => {
      const rest = new Map(table);
      rest.delete(name);
      return rest;
    });
  }

  /** `NAME=VALUE` each, in their order. */
  list(options: TableOptions = {}): readonly string[] {
    return Array.from(this.#of(options), ([name, value]) => `${name}=${value}`);
  }

  /** The global table as it was at first; an instance's as if it were started by hand now. */
  reset({ of }: TableOptions = {}): void {
    if (of === undefined) {
      this.#table = this.#options.base;
      return;
    }
    const instance = this.#options.find(of);
    const fresh = this.#options.classEnvironment(instance.job);
    instance.environment.change(() => fresh);
  }

  #of({ of }: TableOptions): Environment {
    return of === undefined ? this.#table : this.#options.find(of).environment.table;
  }

  #change({ of }: TableOptions, by: (table: Environment) => Environment): void {
    if (of !== undefined) {
      this.#options.find(of).environment.change(by);
      return;
    }
    this.#table = by(this.#table);
    for (const instance of this.#options.instances()) instance.environment.change(by);
  }
}
