import type { RunProcess } from '../ports/main-process.ts';
import { signalGroup } from './living-groups.ts';
import { spawnProcess } from './spawn-process.ts';

/** Runs `pre-start`, `post-start`, `pre-stop` and `post-stop` on this host. */
export function createProcessRunner(): RunProcess {
  return async ({ context, process, environment, onSpawn, signal }) => {
    if (signal.aborted) return { kind: 'signalled', signal: 'KILL' };
    const spawned = spawnProcess({ context, process, environment });
    if (!('pid' in spawned)) return spawned;
    const { pid, ended } = spawned;
    onSpawn?.(pid);
    const kill = () => signalGroup(pid, 'SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    return ended.finally(() => signal.removeEventListener('abort', kill));
  };
}
