import type { CreateMainProcess } from '../ports/main-process.ts';
import { signalGroup } from './living-groups.ts';
import { signalNumber } from './signal-name.ts';
import { spawnProcess } from './spawn-process.ts';

/** The main process of an ordinary job: its `exec` or `script`, on this host. */
export const createHostProcess: CreateMainProcess = (context) => {
  let pid: number | undefined;
  let terminated = false;
  let running = false;

  function kill(): void {
    if (pid !== undefined && running) signalGroup(pid, 'SIGKILL');
  }

  return {
    prepare() {},
    // A promise even where it is known at once: as in Upstart, what is already queued is handled
    // before the lifecycle goes on behind an exec that succeeded.
    async spawn() {
      const { environment } = context;
      const spawned = spawnProcess({ context, process: 'main', environment });
      if (!('pid' in spawned)) return spawned;
      pid = spawned.pid;
      running = true;
      const ended = spawned.ended.finally(() => {
        running = false;
      });
      return { pid, ended };
    },
    ready() {},
    terminate() {
      terminated = true;
      if (pid !== undefined) signalGroup(pid, signalNumber(context.job.killSignal ?? 'TERM'));
    },
    kill,
    expire: kill,
    cleanUp() {
      // A job that was stopped leaves no part of its group. One that ended by itself may, as with
      // Upstart: what it put into the background is its own affair.
      if (pid !== undefined && terminated) signalGroup(pid, 'SIGKILL');
    },
  };
};
