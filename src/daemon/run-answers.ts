import type { Engine } from '../engine/engine.ts';
import { DomstartError } from '../model/errors.ts';
import type { LiveDomains } from '../ports/live-domains.ts';
import { createAnswers } from './control/answer.ts';
import { UPSTART_VERSION } from './control/served.ts';
import type { LogPriority } from './log-priority.ts';

/** What the clients of a `domstart run` are answered: as by a daemon without logs and folders. */
export function createRunAnswers({
  engine,
  domains,
  over,
}: {
  readonly engine: Engine;
  readonly domains: LiveDomains;
  readonly over: AbortSignal;
}): ReturnType<typeof createAnswers> {
  // What a run says does not depend on it, but a job that sets it shall be as with a daemon.
  let priority: LogPriority = 'message';
  return createAnswers({
    engine,
    domains,
    spools: () => [],
    over,
    logs: { read: readNoLog },
    version: UPSTART_VERSION,
    oldStyle: engine.jobs().every(({ dialect }) => dialect === 'event.d'),
    priority: {
      get: () => priority,
      set(wanted) {
        priority = wanted;
      },
    },
    async restore() {
      throw new DomstartError('not-supported', '`domstart run` restores no domains', {
        hint: 'let a daemon do it that has the job',
      });
    },
    reload: async () => {
      throw new DomstartError('not-supported', '`domstart run` reads its job files once', {
        hint: 'run it again, or use a daemon',
      });
    },
  });
}

// biome-ignore lint/correctness/useYield: it has nothing to give.
async function* readNoLog(): AsyncGenerator<Uint8Array> {
  throw new DomstartError('not-supported', '`domstart run` keeps no logs of its jobs', {
    hint: 'their output is on its standard output',
  });
}
