import { ensureHost } from '../host/ensure-host.ts';
import { EXIT } from './exit-codes.ts';
import { fail, say } from './output.ts';
import { createProgressLine } from './progress-line.ts';

/** `domstart setup`: gets what is missing, with progress; 69 and the command to run if it cannot. */
export async function setup(): Promise<number> {
  const interrupt = new AbortController();
  const progress = createProgressLine('setup');
  let status: number = EXIT.interrupted;
  const onSignal = (signal: NodeJS.Signals) => {
    if (signal === 'SIGTERM') status = EXIT.terminated;
    interrupt.abort();
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const tools = await ensureHost({
      signal: interrupt.signal,
      onProgress: progress.show,
    });
    progress.end();
    say(
      `setup: QEMU ${tools.qemu.version}, kernel ${tools.kernel.version}, busybox ${tools.busybox.version}: ready`,
    );
    return EXIT.ok;
  } catch (error) {
    progress.end();
    return interrupt.signal.aborted ? status : fail(error);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
