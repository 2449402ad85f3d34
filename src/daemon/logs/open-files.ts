import type { Clock } from '../../ports/clock.ts';
import type { LogFile } from './log-file.ts';

export interface OpenFilesOptions {
  readonly create: (name: string) => LogFile;
  readonly clock: Clock;
}

/**
 * The log files that stay open between two writes: the latest 64, for at most 2 seconds. So a host
 * with thousands of jobs needs few descriptors, and a log that is written line by line is not opened
 * for each.
 */
export interface OpenFiles {
  /** The file is the caller's until it is given back or closed. */
  use(name: string): LogFile;
  giveBack(name: string, file: LogFile): void;
  /** Closes one that nobody uses at the moment. */
  forget(name: string): Promise<void>;
  close(): Promise<void>;
}

const MOST = 64;
const IDLE_MS = 2000;

export function createOpenFiles({ create, clock }: OpenFilesOptions): OpenFiles {
  /** In the order in which they were used. */
  const idle = new Map<string, { readonly file: LogFile; readonly since: number }>();
  let forgetTimer: (() => void) | undefined;
  let closed = false;

  function closeOldest(): void {
    for (const [name, { file }] of idle) {
      idle.delete(name);
      void file.close();
      return;
    }
  }

  function closeIdle(): void {
    forgetTimer = undefined;
    for (const { since } of [...idle.values()]) {
      if (clock.now() - since < IDLE_MS) break;
      closeOldest();
    }
    arm();
  }

  function arm(): void {
    const oldest = idle.values().next().value;
    if (oldest === undefined || forgetTimer !== undefined) return;
    forgetTimer = clock.after(Math.max(1, oldest.since + IDLE_MS - clock.now()), closeIdle);
  }

  return {
    use(name) {
      const file = idle.get(name)?.file ?? create(name);
      idle.delete(name);
      return file;
    },
    giveBack(name, file) {
      if (closed) {
        void file.close();
        return;
      }
      idle.set(name, { file, since: clock.now() });
      if (idle.size > MOST) closeOldest();
      arm();
    },
    async forget(name) {
      const file = idle.get(name)?.file;
      idle.delete(name);
      await file?.close();
    },
    async close() {
      closed = true;
      forgetTimer?.();
      const files = [...idle.values()];
      idle.clear();
      await Promise.all(files.map(({ file }) => file.close()));
    },
  };
}
