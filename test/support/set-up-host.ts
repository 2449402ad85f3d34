import { createProgressLine } from '../../src/cli/progress-line.ts';
import { ensureHost } from '../../src/host/ensure-host.ts';

/** Gets QEMU, a kernel and busybox before the tests that boot machines; once, then cached. */
export default async function setUpHost(): Promise<void> {
  const progress = createProgressLine('set-up');
  await ensureHost({ signal: AbortSignal.timeout(15 * 60_000), onProgress: progress.show });
  progress.end();
}
