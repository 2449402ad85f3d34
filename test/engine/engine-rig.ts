import { onTestFinished } from 'vitest';
import type { EngineCoreOptions } from '../../src/engine/engine.ts';
import { createEngineCore } from '../../src/engine/engine.ts';
import { formatInstance } from '../../src/engine/job-state.ts';
import { formatEvent } from '../../src/model/event.ts';
import type { JobDefinition } from '../../src/model/job.ts';
import type { Ending, RunProcess } from '../../src/ports/main-process.ts';
import type { FakeMainOptions } from '../support/fake-main-process.ts';
import { fakeMainProcesses } from '../support/fake-main-process.ts';
import { ManualClock } from '../support/manual-clock.ts';

type Request = Parameters<RunProcess>[0];

export interface RigOptions {
  readonly jobs: readonly JobDefinition[];
  /** By job name. */
  readonly main?: Readonly<Record<string, FakeMainOptions>>;
  /** The job's own processes; each ends with status 0 unless this says otherwise. */
  readonly run?: (request: Request) => Promise<Ending> | undefined;
  readonly engine?: Partial<EngineCoreOptions>;
}

/** An engine on fakes, with the trace in the words of the conformance records. */
export function engineRig({ jobs, main = {}, run, engine: more }: RigOptions) {
  const clock = new ManualClock();
  const mains = fakeMainProcesses(main);
  const processes: string[] = [];
  const trace: string[] = [];
  const faults: unknown[] = [];
  const engine = createEngineCore({
    createMainProcess: mains.create,
    runProcess: async (request) => {
      request.onSpawn?.(4712);
      processes.push(`${request.context.job.name} ${request.process}`);
      return (await run?.(request)) ?? { kind: 'exited', status: 0 };
    },
    clock,
    environment: new Map([['PATH', '/bin']]),
    ...more,
  });
  engine.on('event', ({ progress, event, failed }) => {
    const what = progress === 'handling' ? formatEvent(event) : event.name;
    trace.push(`${progress} ${what}${failed ? ' FAILED' : ''}`);
  });
  engine.on('matched', ({ job, instance }) => {
    trace.push(`matched ${formatInstance(job, instance)}`);
  });
  engine.on('goal', ({ job, instance, from, to }) => {
    trace.push(`goal ${formatInstance(job, instance)}: ${from} -> ${to}`);
  });
  engine.on('state', ({ job, instance, from, to }) => {
    trace.push(`state ${formatInstance(job, instance)}: ${from} -> ${to}`);
  });
  engine.on('process', (told) => {
    const who = `${formatInstance(told.job, told.instance)} ${told.process}`;
    switch (told.kind) {
      case 'spawn':
      case 'respawning':
      case 'respawn-limit':
        trace.push(`${told.kind} ${who}`);
        break;
      case 'exit':
        trace.push(
          told.ending.kind === 'exited'
            ? `exit ${who} status ${told.ending.status}`
            : `exit ${who} signal ${told.ending.signal}`,
        );
        break;
      case 'fork':
        trace.push(`fork ${who}`);
        break;
      case 'stopped':
      case 'continued':
        trace.push(`${told.kind} ${who} signal ${told.signal}`);
        break;
      case 'kill':
        trace.push(`kill ${who} with ${told.signal}`);
        break;
      case 'spawn-failed':
      case 'lost':
        trace.push(`${told.kind} ${who}: ${told.error.message}`);
        break;
    }
  });
  engine.on('instance', (told) => {
    if (told.kind === 'destroyed')
      trace.push(`destroyed ${formatInstance(told.job, told.instance)}`);
    else trace.push(`instance-failed ${told.job}: ${told.error.message}`);
  });
  engine.on('fault', (fault) => faults.push(fault));
  for (const job of jobs) engine.define(job);
  onTestFinished(async () => {
    await engine.close();
  });
  return {
    engine,
    clock,
    mains,
    processes,
    faults,
    /** What happened since the last call. */
    trace: () => trace.splice(0),
    /** `goal/state` of one instance. */
    status: (job: string, instance = '') => {
      const found = engine.status(job).find((status) => status.instance === instance);
      return found === undefined ? undefined : `${found.goal}/${found.state}`;
    },
  };
}

/** Lets everything happen that needs no clock and no outside. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
