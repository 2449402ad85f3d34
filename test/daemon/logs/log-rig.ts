import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createJobLogs,
  type JobLogs,
  type JobLogsOptions,
} from '../../../src/daemon/logs/job-logs.ts';
import type { LogProblem } from '../../../src/daemon/logs/troubles.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** Logs in a folder that does not exist yet, and time that is turned by hand. */
export interface LogRig extends AsyncDisposable {
  readonly logs: JobLogs;
  readonly clock: ManualClock;
  readonly folder: string;
  readonly problems: readonly LogProblem[];
  write(job: string, text: string): void;
  /** What is in the file of that name. */
  text(name: string): string;
  path(name: string): string;
  /** The last lines of a log as they are read. */
  read(job: string, last?: number): Promise<string>;
}

export function logRig(options: Partial<JobLogsOptions> = {}): LogRig {
  const above = mkdtempSync(join(tmpdir(), 'domstart-logs-'));
  const folder = join(above, 'var/log');
  const clock = new ManualClock();
  const problems: LogProblem[] = [];
  const logs = createJobLogs({
    folder,
    clock,
    onProblem: (problem) => problems.push(problem),
    ...options,
  });
  return {
    logs,
    clock,
    folder,
    problems,
    write: (job, text) => logs.open(job, '').write(Buffer.from(text)),
    text: (name) => readFileSync(join(folder, name), 'utf8'),
    path: (name) => join(folder, name),
    async read(job, last) {
      let text = '';
      const reading = logs.read(job, '', last === undefined ? {} : { last });
      for await (const bytes of reading) text += Buffer.from(bytes).toString();
      return text;
    },
    async [Symbol.asyncDispose]() {
      await logs.close();
      rmSync(above, { recursive: true });
    },
  };
}
