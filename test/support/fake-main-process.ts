import { DomstartError } from '../../src/model/errors.ts';
import type {
  CreateMainProcess,
  Ending,
  MainProcess,
  RunContext,
  Spawned,
} from '../../src/ports/main-process.ts';

type Held = 'prepare' | 'spawn' | 'ready' | 'cleanUp';

export interface FakeMainOptions {
  /** Phases that wait until the test settles them; the others return at once. */
  readonly hold?: readonly Held[];
  /** Ends by itself with this as soon as it was spawned. */
  readonly ends?: Ending;
  /** What `expect` waits for never comes, and the wait gives way to a stop or does not. */
  readonly expects?: 'yields' | 'insists';
  /** Does not end on `terminate`. */
  readonly stubborn?: boolean;
}

/** A main process that does as the test says, and notes what it was asked. */
export class FakeMainProcess implements MainProcess {
  readonly calls: string[] = [];
  /** As it was when it was last looked at: when it was made, and when it was spawned. */
  context: RunContext;
  readonly #given: RunContext;
  readonly #options: FakeMainOptions;
  readonly #ended = Promise.withResolvers<Ending>();
  readonly #held = new Map<Held, PromiseWithResolvers<void>>();

  constructor(context: RunContext, options: FakeMainOptions = {}) {
    this.#given = context;
    this.context = { ...context };
    this.#options = options;
  }

  prepare(signal: AbortSignal): Promise<void> | void {
    return this.#phase('prepare', signal);
  }

  spawn(): Promise<Spawned> | Spawned {
    this.context = { ...this.#given };
    const { expects } = this.#options;
    const spawned: Spawned = {
      pid: 4711,
      ended: this.#ended.promise,
      ...(expects !== undefined && { expected: new Promise(() => {}) }),
      insists: expects === 'insists',
    };
    if (this.#options.ends !== undefined) this.#ended.resolve(this.#options.ends);
    const held = this.#phase('spawn');
    return held === undefined ? spawned : held.then(() => spawned);
  }

  ready(signal: AbortSignal): Promise<void> | void {
    return this.#phase('ready', signal);
  }

  terminate(): void {
    this.calls.push('terminate');
    if (!this.#options.stubborn) this.end({ kind: 'signalled', signal: 'TERM' });
  }

  kill(): void {
    this.calls.push('kill');
    this.end({ kind: 'signalled', signal: 'KILL' });
  }

  expire(): void {
    this.calls.push('expire');
    const error = new DomstartError('deadline-passed', 'the fake was destroyed');
    this.end({ kind: 'failed', error });
  }

  cleanUp(): Promise<void> | void {
    return this.#phase('cleanUp');
  }

  end(ending: Ending): void {
    this.#ended.resolve(ending);
  }

  /** Lets a held phase go on. */
  finish(phase: Held): void {
    this.#held.get(phase)?.resolve();
  }

  fail(phase: Held, error: DomstartError): void {
    this.#held.get(phase)?.reject(error);
  }

  #phase(phase: Held, signal?: AbortSignal): Promise<void> | undefined {
    this.calls.push(phase);
    if (!this.#options.hold?.includes(phase)) return undefined;
    const held = Promise.withResolvers<void>();
    this.#held.set(phase, held);
    signal?.addEventListener('abort', () => {
      this.calls.push(`${phase} aborted`);
      held.reject(signal.reason);
    });
    return held.promise;
  }
}

/** Makes a fake for every run; `runs` has them all, `of(job)` the last of one job. */
export function fakeMainProcesses(behaviour: Readonly<Record<string, FakeMainOptions>> = {}): {
  create: CreateMainProcess;
  runs: FakeMainProcess[];
  of(job: string): FakeMainProcess;
} {
  const runs: FakeMainProcess[] = [];
  return {
    runs,
    create: (context) => {
      const run = new FakeMainProcess(context, behaviour[context.job.name]);
      runs.push(run);
      return run;
    },
    of: (job) => {
      const run = runs.findLast(({ context }) => context.job.name === job);
      if (run === undefined) throw new Error(`no main process of ${job} was made`);
      return run;
    },
  };
}
