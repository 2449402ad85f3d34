import { mkdir } from 'node:fs/promises';
import { DomstartError, messageOf, toDomstartError } from '../model/errors.ts';
import type { HostTools } from '../ports/host-tools.ts';
import { sweepTemporaries } from '../system/cache-entry.ts';
import { fetchBusybox } from './busybox.ts';
import { withFetch } from './fetch.ts';
import { findTools, isComplete } from './find-host.ts';
import { fetchKernel } from './kernel.ts';
import { cacheFolder } from './paths.ts';
import { fetchQemu } from './qemu.ts';
import { writeToolsRecord } from './tools-record.ts';

export interface EnsureHostOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  /** Default: `cacheFolder()`. */
  readonly cache?: string;
}

/**
 * Finds QEMU, a kernel and a static busybox, and fetches what is missing: once, then from the
 * cache, without a process started or a byte from the network. Two processes may do this at once.
 * Throws a DomstartError: `host-incapable` with the command that would help, `host-io`, `cancelled`.
 */
export async function ensureHost(options: EnsureHostOptions): Promise<HostTools> {
  const { signal, onProgress, cache = cacheFolder() } = options;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new DomstartError(
      'host-incapable',
      `this version makes x86-64 guests on x86-64 Linux; this is ${process.arch} ${process.platform}`,
      { hint: 'run it on an x86-64 Linux machine' },
    );
  }
  try {
    signal.throwIfAborted();
    await sweepTemporaries(cache);
    const found = await findTools(cache, signal);
    if (isComplete(found)) return found;
    await mkdir(cache, { recursive: true });
    const tools = await withFetch({ cache, signal, onProgress }, async (fetch) => ({
      kernel: found.kernel ?? (await fetchKernel(fetch)),
      busybox: found.busybox ?? (await fetchBusybox(fetch)),
      qemu: found.qemu ?? (await fetchQemu(fetch)),
    }));
    await writeToolsRecord(cache, tools);
    return tools;
  } catch (error) {
    if (signal.aborted) {
      throw new DomstartError(
        'cancelled',
        `setting up this host was cancelled: ${messageOf(error)}`,
      );
    }
    throw toDomstartError(error, 'host-io');
  }
}
