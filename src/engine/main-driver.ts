import { DomstartError, toDomstartError } from '../model/errors.ts';
import type { Ending, MainProcess, Spawned } from '../ports/main-process.ts';
import type { MainCommand, MainFact } from './job-machine.ts';
import { promptly } from './promptly.ts';

export interface MainDriverOptions {
  /** Called once, before the first phase; may throw. */
  readonly create: () => MainProcess;
  readonly send: (fact: MainFact) => void;
  /** Of the clock, in seconds. */
  readonly now: () => number;
  /** Nothing is respawned any more. */
  readonly final: () => boolean;
  readonly onSpawned: (pid: number | undefined) => void;
  readonly onEnded: (ending: Ending) => void;
  /** `terminate`, `kill` or `expire` threw, which they must not. */
  readonly onFault: (error: unknown) => void;
}

/**
 * Turns the machine's commands into calls of one run's main process, and what becomes of them into
 * facts. A phase that gives way has its signal aborted; the machine still waits for its fact.
 */
export function createMainDriver(options: MainDriverOptions): (command: MainCommand) => void {
  const { create, send, now, final, onSpawned, onEnded, onFault } = options;
  let main: MainProcess | undefined;
  let phase = new AbortController();
  let giveUp = () => {};

  function begin<T>(
    command: Exclude<Extract<MainFact, { type: 'main.failed' }>['phase'], 'expect'>,
    work: (main: MainProcess, signal: AbortSignal) => T | Promise<T>,
    done: (value: T) => void,
  ): void {
    const controller = new AbortController();
    phase = controller;
    promptly(
      () => {
        main ??= create();
        return work(main, controller.signal);
      },
      done,
      (error) =>
        send({
          type: 'main.failed',
          phase: command,
          error: toDomstartError(error),
          gaveWay: controller.signal.aborted,
        }),
    );
  }

  function noteSpawned({ pid, ended, expected, insists = false }: Spawned): void {
    onSpawned(pid);
    send({
      type: 'main.spawned',
      awaited: expected !== undefined,
      yielding: expected !== undefined && !insists,
    });
    if (expected !== undefined) awaitExpected(expected, insists);
    ended.then(
      (ending) => noteEnded(ending),
      (error: unknown) => noteEnded({ kind: 'failed', error: toDomstartError(error) }),
    );
  }

  function awaitExpected(expected: Promise<void>, insists: boolean): void {
    let open = true;
    const settle = (fact: MainFact) => {
      if (open) send(fact);
      open = false;
    };
    const fail = (error: unknown, gaveWay: boolean) =>
      settle({ type: 'main.failed', phase: 'expect', error: toDomstartError(error), gaveWay });
    expected.then(
      () => settle({ type: 'main.settled' }),
      (error: unknown) => fail(error, false),
    );
    if (insists) return;
    giveUp = () => fail(new DomstartError('cancelled', 'it was stopped before it was up'), true);
    // It was stopped while it was executed.
    if (phase.signal.aborted) giveUp();
  }

  function noteEnded(ending: Ending): void {
    onEnded(ending);
    send({ type: 'main.ended', ending, now: now(), final: final() });
  }

  return (command) => {
    switch (command.type) {
      case 'prepare':
        return begin(
          'prepare',
          (it, signal) => it.prepare(signal),
          () => send({ type: 'main.prepared' }),
        );
      case 'spawn':
        return begin('spawn', (it) => it.spawn(), noteSpawned);
      case 'ready':
        return begin(
          'ready',
          (it, signal) => it.ready(signal),
          () => send({ type: 'main.ready' }),
        );
      case 'giveWay':
        phase.abort();
        return giveUp();
      case 'terminate':
        return promptly(() => main?.terminate(), ignore, onFault);
      case 'kill':
        return promptly(() => main?.kill(), ignore, onFault);
      case 'expire':
        return promptly(() => main?.expire(), ignore, onFault);
      case 'cleanUp':
        // Nothing was made where `create` itself threw.
        if (main === undefined) return send({ type: 'main.cleaned' });
        return begin(
          'cleanUp',
          (it) => it.cleanUp(),
          () => send({ type: 'main.cleaned' }),
        );
    }
  };
}

function ignore(): void {}
