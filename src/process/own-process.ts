import type { RunProcess } from '../ports/main-process.ts';
import { signalGroup } from './living-groups.ts';
import type { ProcessHost } from './process-host.ts';
import { spawnProcess } from './spawn-process.ts';

/** Runs `pre-start`, `post-start`, `pre-stop` and `post-stop` on this host. */
export function createRunProcess({
  consoleDevice,
  forks,
  noteIneffective,
}: ProcessHost): RunProcess {
  return async ({ context, process, environment, onSpawn, signal }) => {
    if (signal.aborted) return { kind: 'signalled', signal: 'KILL' };
    noteIneffective(context);
    const spawned = spawnProcess({ context, process, environment, consoleDevice, forks });
    const { pid, ended } = 'pid' in spawned ? spawned : await spawned;
    onSpawn?.(pid);
    const kill = () => void signalGroup(pid, 'SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    return ended.finally(() => signal.removeEventListener('abort', kill));
  };
}
