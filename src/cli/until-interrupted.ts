import { EXIT } from './exit-codes.ts';
import { fail } from './output.ts';
import { createProgressLine } from './progress-line.ts';

export interface LongWork {
  readonly signal: AbortSignal;
  /** Shows how far it has come. */
  readonly onProgress: (text: string) => void;
}

/**
 * Does what takes long with its progress on standard error; Ctrl-C, SIGHUP and SIGTERM cancel it.
 * `report` says what came out. Returns the exit status.
 */
export async function untilInterrupted<T>(
  label: string,
  work: (options: LongWork) => Promise<T>,
  report: (result: T) => void,
): Promise<number> {
  const interrupt = new AbortController();
  const progress = createProgressLine(label);
  let status: number = EXIT.interrupted;
  const onSignal = (signal: NodeJS.Signals) => {
    if (signal === 'SIGTERM') status = EXIT.terminated;
    if (signal === 'SIGHUP') status = EXIT.hungUp;
    interrupt.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  try {
    const result = await work({ signal: interrupt.signal, onProgress: progress.show });
    progress.end();
    report(result);
    return EXIT.ok;
  } catch (error) {
    progress.end();
    return interrupt.signal.aborted ? status : fail(error);
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}
