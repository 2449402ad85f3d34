import { toDomstartError } from '../model/errors.ts';
import type { Ending } from '../ports/main-process.ts';
import type { OwnProcess } from './job-state.ts';
import { promptly } from './promptly.ts';

export interface OwnDriverOptions {
  /** Runs it to its end; aborting the signal kills it. */
  readonly run: (process: OwnProcess, signal: AbortSignal) => Promise<Ending>;
  /** Calls `due` once, after the job's `kill timeout`; the result forgets it. */
  readonly afterKillTimeout: (due: () => void) => () => void;
  readonly onKill: (process: OwnProcess) => void;
  readonly onEnded: (process: OwnProcess, ending: Ending) => void;
}

/** The job's own processes of one run, one after the other. */
export interface OwnDriver {
  run(process: OwnProcess, done: (ending: Ending) => void): void;
  /** Kills what runs; what begins later is killed before it does anything. */
  kill(): void;
  /** The run's time is over: as `kill`, but post-stop still has `kill timeout` to tidy up. */
  expire(): void;
}

export function createOwnDriver(options: OwnDriverOptions): OwnDriver {
  let hurry: 'none' | 'expired' | 'killed' = 'none';
  let limit = () => {};

  return {
    run(process, done) {
      const controller = new AbortController();
      let forget = () => {};
      const kill = () => {
        if (controller.signal.aborted) return;
        options.onKill(process);
        controller.abort();
      };
      limit = () => {
        forget();
        if (hurry === 'killed' || (hurry === 'expired' && process !== 'post-stop')) kill();
        else if (hurry === 'expired') forget = options.afterKillTimeout(kill);
      };
      const finish = (ending: Ending) => {
        forget();
        limit = () => {};
        options.onEnded(process, ending);
        done(ending);
      };
      limit();
      promptly(
        () => options.run(process, controller.signal),
        finish,
        (error) => finish({ kind: 'failed', error: toDomstartError(error) }),
      );
    },
    kill() {
      hurry = 'killed';
      limit();
    },
    expire() {
      if (hurry === 'none') hurry = 'expired';
      limit();
    },
  };
}
