import type { Engine } from '../embed/engine.ts';
import { EXIT } from './exit-codes.ts';
import { onOutputLost, say } from './output.ts';

const SIGNALS = {
  SIGHUP: EXIT.hungUp,
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
} as const;

const signals = Object.keys(SIGNALS) as (keyof typeof SIGNALS)[];

/** The first signal stops everything in order; a second one does not wait for `kill timeout`. */
export function stopOnSignals(engine: Engine) {
  let status: number | undefined;
  const { promise: came, resolve } = Promise.withResolvers<void>();
  const close = () => {
    void engine.close();
    resolve();
  };
  const onSignal = (signal: keyof typeof SIGNALS) => {
    if (status === undefined) {
      status = SIGNALS[signal];
      say('domstart: stopping; once more to kill');
      close();
    } else {
      engine.kill();
    }
  };
  for (const signal of signals) process.on(signal, onSignal);
  const forgetOutput = onOutputLost((error) => {
    status ??= error.code === 'EPIPE' ? EXIT.readerGone : EXIT.hostIo;
    close();
  });
  return {
    /** Resolves with the first signal, or when nobody can read our output any more. */
    came,
    get status() {
      return status;
    },
    forget() {
      for (const signal of signals) process.off(signal, onSignal);
      forgetOutput();
    },
  };
}
