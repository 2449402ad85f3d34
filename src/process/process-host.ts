import type { Clock } from '../ports/clock.ts';
import type { CreateMainProcess, RunProcess } from '../ports/main-process.ts';
import { EXPECT_MS } from './expect/unmet.ts';
import { type ForkRecord, noForkRecord } from './fork-record.ts';
import { createIneffectiveNotes, type NoteIneffective } from './ineffective.ts';
import { createMainProcess } from './main-process.ts';
import { createRunProcess } from './own-process.ts';

export interface ProcessHostOptions {
  /** Of how long `expect` waits. */
  readonly clock: Clock;
  /**
   * The device of `console output` and `console owner`. Null: output is taken as lines, for whoever
   * shows it, and an owner owns `/dev/console` all the same. Default `/dev/console`.
   */
  readonly consoleDevice?: string | null;
  /** How long `expect` waits, in milliseconds; null: for ever, as Upstart does. Default: 30 s. */
  readonly expectMs?: number | null;
  /** Where what is forked is noted. Default: nowhere. */
  readonly forks?: ForkRecord;
}

/** What the processes of one engine share. */
export interface ProcessHost {
  readonly clock: Clock;
  readonly consoleDevice: string | null;
  readonly expectMs: number | null;
  readonly forks: ForkRecord;
  readonly noteIneffective: NoteIneffective;
}

/** Runs the processes of jobs on this host, for one engine. */
export function createProcessHost(options: ProcessHostOptions): {
  readonly createMainProcess: CreateMainProcess;
  readonly runProcess: RunProcess;
} {
  const { clock, consoleDevice = '/dev/console', expectMs = EXPECT_MS } = options;
  const { forks = noForkRecord } = options;
  const noteIneffective = createIneffectiveNotes();
  const host = { clock, consoleDevice, expectMs, forks, noteIneffective };
  return { createMainProcess: createMainProcess(host), runProcess: createRunProcess(host) };
}
