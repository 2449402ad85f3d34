import type { Condition } from '../../src/model/condition.ts';
import type { JobDefinition } from '../../src/model/job.ts';

/** A job as the parser would give it: a service with a main process, unless said otherwise. */
export function jobOf(name: string, fields: Partial<JobDefinition> = {}): JobDefinition {
  return {
    name,
    dialect: 'init',
    emits: [],
    env: [],
    export: [],
    task: false,
    processes: { main: { kind: 'exec', text: name } },
    respawn: false,
    normalExit: [],
    limits: {},
    cgroups: [],
    ...fields,
  };
}

/** `on('started', 'JOB=a')`: one match; a value without `=` is positional, `!=` negates. */
export function on(event: string, ...operands: readonly string[]): Condition {
  return {
    kind: 'match',
    event,
    operands: operands.map((text) => {
      const named = /^([^=!]+)(!?=)(.*)$/s.exec(text);
      return named === null
        ? { negated: false, value: text }
        : { name: named[1] as string, negated: named[2] === '!=', value: named[3] as string };
    }),
  };
}

export function and(left: Condition, right: Condition): Condition {
  return { kind: 'and', left, right };
}

export function or(left: Condition, right: Condition): Condition {
  return { kind: 'or', left, right };
}
