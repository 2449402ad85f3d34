import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { DomstartError } from '../../src/model/errors.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { type Journal, openJournal } from '../../src/store/journal.ts';
import type { JournalLimits } from '../../src/store/prune.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** A state folder that is gone after the test, and everything that is opened in it. */
export interface StoreRig {
  readonly folder: string;
  readonly file: string;
  readonly clock: ManualClock;
  /** What was told of all journals. */
  readonly problems: DomstartError[];
  open(options?: OpenOptions): Promise<Journal>;
  names(): string[];
}

interface OpenOptions {
  readonly clock?: Clock;
  readonly now?: () => number;
  readonly limits?: Partial<JournalLimits>;
}

export function storeRig(): StoreRig {
  const folder = mkdtempSync(join(tmpdir(), 'domstart-store-'));
  const clock = new ManualClock();
  const problems: DomstartError[] = [];
  const opened: Journal[] = [];
  onTestFinished(async () => {
    for (const journal of opened) await journal[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder,
    file: join(folder, 'journal.db'),
    clock,
    problems,
    async open(options = {}) {
      const onProblem = (error: DomstartError) => problems.push(error);
      const journal = await openJournal({ folder, clock, onProblem, ...options });
      opened.push(journal);
      return journal;
    },
    names: () => readdirSync(folder).toSorted(),
  };
}

/** A process with a journal of its own; see fixtures/writer.ts. */
export interface WriterProcess {
  readonly child: ChildProcess;
  /** The next line that it says. */
  said(): Promise<string>;
  tell(line: string): void;
  /** Ends it as a crash does; gives all that it has said since. */
  kill(): Promise<readonly string[]>;
}

export function startWriter(
  folder: string,
  mode: string,
  { within = [] }: { readonly within?: readonly string[] } = {},
): WriterProcess {
  const program = join(import.meta.dirname, 'fixtures/writer.ts');
  const [command = '', ...words] = [...within, process.execPath, program, mode, folder];
  const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    child,
    async said() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${mode} has ended`);
      return value;
    },
    tell: (line) => void child.stdin.write(`${line}\n`),
    async kill() {
      child.kill('SIGKILL');
      const rest: string[] = [];
      for await (const line of lines) rest.push(line);
      await ended;
      return rest;
    },
  };
}
