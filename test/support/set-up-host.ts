import { ensureHost } from '../../src/host/ensure-host.ts';

/** Gets QEMU, a kernel and busybox before the tests that boot machines; once, then cached. */
export default async function setUpHost(): Promise<void> {
  await ensureHost({
    signal: AbortSignal.timeout(15 * 60_000),
    onProgress: (text) => process.stderr.write(`set-up: ${text}\n`),
  });
}
