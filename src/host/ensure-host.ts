import { mkdir } from 'node:fs/promises';
import { DomstartError, messageOf, toDomstartError } from '../model/errors.ts';
import type { HostTools } from '../ports/host-tools.ts';
import { fetchBusybox, findBusybox } from './busybox.ts';
import { sweepTemporaries } from './cache-entry.ts';
import { withFetch } from './fetch.ts';
import { fetchKernel, findKernel } from './kernel.ts';
import { cacheFolder } from './paths.ts';
import { fetchQemu, findQemu } from './qemu.ts';
import { readToolsRecord, writeToolsRecord } from './tools-record.ts';

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
  const known = readToolsRecord(cache);
  if (isComplete(known)) return known;
  const { qemu, kernel, busybox } = known;

  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new DomstartError(
      'host-incapable',
      `this version makes x86-64 guests on x86-64 Linux; this is ${process.arch} ${process.platform}`,
      { hint: 'run it on an x86-64 Linux machine' },
    );
  }
  try {
    signal.throwIfAborted();
    await mkdir(cache, { recursive: true });
    await sweepTemporaries(cache);
    const found = {
      kernel: kernel ?? (await findKernel(cache)),
      busybox: busybox ?? (await findBusybox(cache)),
      qemu: qemu ?? (await findQemu(cache, signal)),
    };
    const tools = isComplete(found)
      ? found
      : await withFetch({ cache, signal, onProgress }, async (fetch) => ({
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

type Found = { readonly [Part in keyof HostTools]?: HostTools[Part] | undefined };

function isComplete(found: Found): found is HostTools {
  return found.qemu !== undefined && found.kernel !== undefined && found.busybox !== undefined;
}
