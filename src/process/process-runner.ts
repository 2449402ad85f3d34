import type { RunProcess } from '../ports/main-process.ts';
import { spawnProcess } from './spawn-process.ts';

/** Runs `pre-start`, `post-start`, `pre-stop` and `post-stop` on this host. */
export function createProcessRunner(): RunProcess {
  return async ({ context, process, environment, onSpawn }) => {
    const spawned = spawnProcess({ context, process, environment });
    if (!('pid' in spawned)) return spawned;
    onSpawn?.(spawned.pid);
    return spawned.ended;
  };
}
