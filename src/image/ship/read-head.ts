import type { TarItem } from '../../archive/tar-entry.ts';
import { DomstartError } from '../../model/errors.ts';
import { isEntryName } from '../store/kinds.ts';
import { FORMAT, HEAD, LONGEST_HEAD } from './shipped-format.ts';

/** Of the manifest of an image, what is not the store's own. */
export interface ImportedManifest {
  /** Bytes of the disk. */
  readonly size: number;
  readonly [field: string]: unknown;
}

export interface ReadHead {
  readonly key: string;
  readonly manifest: ImportedManifest;
}

/** What ext has block numbers for. */
const LARGEST_DISK = 16 * 2 ** 40;

/** Reads the first entry. Throws `archive-invalid`. */
export async function readHead(tar: AsyncIterable<TarItem>): Promise<ReadHead> {
  for await (const first of tar) {
    return headOf(await contentOf(first, { name: HEAD, longest: LONGEST_HEAD }));
  }
  throw noImage('it is empty');
}

export function headOf(bytes: Buffer): ReadHead {
  const { format, version, manifest } = parse(bytes);
  if (format !== FORMAT || typeof manifest !== 'object' || manifest === null) {
    throw noImage('its head is of something else');
  }
  if (version !== 1) throw noImage(`its version is ${String(version)}`, 'use a newer Domstart');
  // Whoever takes it in has not what it was made from; the store says the rest itself.
  const {
    kind,
    key,
    from: _from,
    created: _created,
    ...rest
  } = manifest as Record<string, unknown>;
  const { size } = rest;
  if (kind !== 'images' || typeof key !== 'string' || !isEntryName(key)) {
    throw noImage('its head has no key');
  }
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size <= 0 || size > LARGEST_DISK) {
    throw noImage('its head has no size of a disk');
  }
  return { key, manifest: { ...rest, size } };
}

function parse(bytes: Buffer): Record<string, unknown> {
  try {
    const value = JSON.parse(bytes.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below.
  }
  throw noImage('its head is malformed');
}

/** All of an entry that must have this name. */
export async function contentOf(
  { entry, content }: TarItem,
  { name, longest }: { readonly name: string; readonly longest: number },
): Promise<Buffer> {
  if (entry.kind !== 'file' || entry.path !== name || entry.size > longest) {
    throw noImage(`there is something else in place of ${name}`);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export function noImage(why: string, hint?: string): DomstartError {
  return new DomstartError('archive-invalid', `it is no exported image: ${why}`, { hint });
}
