import { open, rm } from 'node:fs/promises';
import { toDomstartError } from '../../model/errors.ts';
import { uuidOf, uuidText } from './uuid.ts';

export interface SwapRequest {
  readonly to: string;
  /** MiB. */
  readonly size: number;
  readonly uuidSeed: string;
}

/** What fstab calls it: its device has other names on QEMU and on Xen, its UUID another in each run. */
export const SWAP_LABEL = 'swap';

const PAGE = 4096;
const FIELDS = 1024;
const MAGIC = 'SWAPSPACE2';

/** Makes an empty swap image, as mkswap makes it for pages of 4 KiB; all but a page is a hole. */
export async function makeSwap({ to, size, uuidSeed }: SwapRequest): Promise<{ uuid: string }> {
  const uuid = uuidOf(`swap ${uuidSeed}`);
  const page = Buffer.alloc(PAGE);
  page.writeUInt32LE(1, FIELDS);
  page.writeUInt32LE((size * 2 ** 20) / PAGE - 1, FIELDS + 4);
  uuid.copy(page, FIELDS + 12);
  page.write(SWAP_LABEL, FIELDS + 28, 'latin1');
  page.write(MAGIC, PAGE - MAGIC.length, 'latin1');
  try {
    await using file = await open(to, 'w', 0o600);
    await file.write(page, 0, PAGE, 0);
    await file.truncate(size * 2 ** 20);
  } catch (error) {
    await rm(to, { force: true });
    throw toDomstartError(error, 'host-io');
  }
  return { uuid: uuidText(uuid) };
}
