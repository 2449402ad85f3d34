import { EXIT } from '../exit-codes.ts';
import { onOutputLost } from '../output.ts';

/** Ctrl-C ends the waiting and never the job; so does a reader that goes away. */
export function stopWaitingOnSignals() {
  const controller = new AbortController();
  let status: number | undefined;
  const stop = (why: number) => {
    status ??= why;
    controller.abort();
  };
  const onInterrupt = () => {
    stop(EXIT.interrupted);
    // Nothing else would end it: what was printed is still being waited for.
    if (process.stdout.writableNeedDrain) process.exit(EXIT.interrupted);
  };
  process.once('SIGINT', onInterrupt);
  const forgetOutput = onOutputLost(({ code }) => {
    stop(code === 'EPIPE' ? EXIT.readerGone : EXIT.hostIo);
  });
  return {
    signal: controller.signal,
    get status() {
      return status;
    },
    forget() {
      process.off('SIGINT', onInterrupt);
      forgetOutput();
    },
  };
}
