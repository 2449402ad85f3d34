import { onTestFinished } from 'vitest';
import type { JobDefinition, ProcessSpec } from '../../src/model/job.ts';
import type { MainProcess, RunContext } from '../../src/ports/main-process.ts';
import { createProcessHost } from '../../src/process/process-host.ts';
import { jobOf } from '../support/job.ts';
import { ManualClock } from '../support/manual-clock.ts';

export const exec = (text: string): ProcessSpec => ({ kind: 'exec', text });
export const script = (text: string): ProcessSpec => ({ kind: 'script', text });

export interface RigOptions {
  readonly fields?: Partial<JobDefinition>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly consoleDevice?: string | null;
  readonly context?: Partial<RunContext>;
}

/**
 * One main process on this host, and what it told: `fork 12`, `stopped STOP`, `main: a line`,
 * `warning: text`.
 */
export interface MainRig {
  readonly main: MainProcess;
  readonly told: string[];
  readonly clock: ManualClock;
  /** The lines of the program alone. */
  lines(): string[];
  warnings(): string[];
}

/** Nothing of the process is left behind the test. */
export function mainRig(spec: ProcessSpec, options: RigOptions = {}): MainRig {
  const { fields, environment, consoleDevice = null, context } = options;
  const clock = new ManualClock();
  const told: string[] = [];
  const { createMainProcess } = createProcessHost({ clock, consoleDevice });
  const main = createMainProcess({
    job: jobOf('j', { processes: { main: spec }, ...fields }),
    instance: '',
    environment: new Map(Object.entries({ PATH: '/usr/local/bin:/usr/bin:/bin', ...environment })),
    report: {
      emit() {},
      line: ({ source, text }) => told.push(`${source}: ${text}`),
      warn: (text) => told.push(`warning: ${text}`),
      progress() {},
      forked() {},
      followed: (pid) => told.push(`fork ${pid}`),
      signalled: (what, signal) => told.push(`${what} ${signal}`),
      fact() {},
    },
    ...context,
  });
  onTestFinished(async () => {
    main.kill();
    await main.cleanUp();
  });
  const behind = (head: string) =>
    told.filter((text) => text.startsWith(head)).map((text) => text.slice(head.length));
  return {
    main,
    told,
    clock,
    lines: () => behind('main: '),
    warnings: () => behind('warning: '),
  };
}
