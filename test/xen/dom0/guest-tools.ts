import { findGuestTools } from '../../../src/host/find-host.ts';
import { cacheFolder } from '../../../src/host/paths.ts';
import type { GuestTools } from '../../../src/ports/host-tools.ts';

let found: Promise<GuestTools> | undefined;

/** The kernel and the busybox of this Dom0's cache. */
export function guestTools(): Promise<GuestTools> {
  const { signal } = new AbortController();
  found ??= findGuestTools({ cache: cacheFolder(), signal });
  return found;
}
