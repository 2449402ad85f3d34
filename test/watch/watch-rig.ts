import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Variable } from '../../src/model/environment.ts';
import type { DomstartError } from '../../src/model/errors.ts';
import type { JobDefinition } from '../../src/model/job.ts';
import { createFileBridge, type FileBridge } from '../../src/watch/file-bridge.ts';
import { jobOf, on } from '../support/job.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** Far beyond what the clock is turned by while a test waits: only who turns it on purpose gets there. */
export const SETTLE = 1_000_000;
export const RESCAN = 100_000_000;

export const timing = { debounce: 1, rescan: RESCAN, unwatchedRescan: RESCAN, settle: SETTLE };

/** Turns the clock a little and looks again, until it is so. */
export async function until(clock: ManualClock, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`never: ${isSo}`);
    await sleep(2);
    clock.turn(10);
  }
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'domstart-watch-'));
}

export interface Rig extends AsyncDisposable {
  /** A temporary folder. */
  readonly root: string;
  readonly clock: ManualClock;
  readonly bridge: FileBridge;
  readonly problems: DomstartError[];
  /** `create /root/a`: EVENT, then MATCH or else FILE, without the root. */
  readonly told: string[];
  /** What was emitted, as it was. */
  readonly emitted: string[];
  until(isSo: () => boolean): Promise<void>;
  /** Sets jobs that start on `file` with each of these operand lists. */
  waitFor(...operands: readonly (readonly string[])[]): void;
  setJobs(jobs: readonly JobDefinition[]): void;
  /** Resolves when what was done in the folder before has been told. */
  fence(folder?: string): Promise<void>;
}

export function createRig(): Rig {
  const root = temporaryFolder();
  const clock = new ManualClock();
  const problems: DomstartError[] = [];
  const told: string[] = [];
  const emitted: string[] = [];
  const fences = new Set<string>();
  let fenceCount = 0;
  let jobs: readonly JobDefinition[] = [];

  function emit(name: string, variables: readonly Variable[]): void {
    const of = (wanted: string) => variables.find((variable) => variable.name === wanted)?.value;
    const path = of('MATCH') ?? of('FILE') ?? '';
    if (path.includes('.fence-')) {
      fences.add(path);
      return;
    }
    told.push(`${of('EVENT')} ${path.replace(root, '')}`);
    const texts = variables.map((variable) => `${variable.name}=${variable.value}`);
    emitted.push([name, ...texts].join(' ').replaceAll(root, ''));
  }

  const bridge = createFileBridge({
    clock,
    timing,
    emit,
    onProblem: (error) => problems.push(error),
  });

  const rig: Rig = {
    root,
    clock,
    bridge,
    problems,
    told,
    emitted,
    until: (isSo) => until(clock, isSo),
    waitFor(...operands) {
      rig.setJobs(operands.map((list, at) => jobOf(`job-${at}`, { startOn: on('file', ...list) })));
    },
    setJobs(next) {
      jobs = next;
      bridge.setJobs(next);
    },
    async fence(folder = root) {
      // The look that tells the first one may still be on; the second comes after it.
      for (let round = 0; round < 2; round += 1) {
        fenceCount += 1;
        const path = join(folder, `.fence-${fenceCount}`);
        const startOn = on('file', `FILE=${path}`, 'EVENT=create');
        bridge.setJobs([...jobs, jobOf(`fence-${fenceCount}`, { startOn })]);
        writeFileSync(path, '');
        await rig.until(() => fences.has(path));
        rmSync(path);
        bridge.setJobs(jobs);
      }
    },
    async [Symbol.asyncDispose]() {
      await bridge[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
  return rig;
}
