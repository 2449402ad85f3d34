import type { Engine } from '../embed/engine.ts';
import { insideOf } from '../embed/engine-core.ts';
import { toDomstartError } from '../model/errors.ts';
import type { JobDefinition } from '../model/job.ts';
import { systemClock } from '../process/system-clock.ts';
import { createFileBridge } from '../watch/file-bridge.ts';
import { fileInterests } from '../watch/file-interest.ts';
import { withHint } from './with-hint.ts';

/** The file events of a `domstart run`, until it is disposed of. */
export interface RunFiles extends AsyncDisposable {
  /** The jobs that a file can start, now or later. */
  readonly waiting: readonly JobDefinition[];
}

/** Emits `file` events for the jobs that an engine has now, as a daemon does. */
export function watchRun(engine: Engine): RunFiles {
  const { core } = insideOf(engine);
  const bridge = createFileBridge({
    clock: systemClock,
    emit(name, variables) {
      try {
        core.queue(name, variables);
      } catch (error) {
        // The engine is being closed: it starts nothing any more.
        if (toDomstartError(error).code !== 'cancelled') throw error;
      }
    },
    onProblem: (error) => core.announce('notice', { text: withHint(error), severity: 'warning' }),
  });
  const jobs = core.jobs();
  bridge.setJobs(jobs);
  return {
    waiting: jobs.filter(isStartedByFiles),
    [Symbol.asyncDispose]: () => bridge[Symbol.asyncDispose](),
  };
}

function isStartedByFiles({ stopOn: _, ...starts }: JobDefinition): boolean {
  return fileInterests(starts).interests.length > 0;
}
