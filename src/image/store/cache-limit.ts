import { DomstartError } from '../../model/errors.ts';

/** Some dozen bases and disks; a base of Debian alone takes about 200 MB. */
const DEFAULT_LIMIT = 20 * 2 ** 30;

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/** How much bases, disks and images may take, in bytes: DOMSTART_CACHE_LIMIT, such as `5G`; `0` is no limit. */
export function cacheLimit(environment: NodeJS.ProcessEnv = process.env): number {
  const text = environment['DOMSTART_CACHE_LIMIT'];
  if (!text) return DEFAULT_LIMIT;
  const limit = parseBytes(text);
  if (limit !== undefined) return limit === 0 ? Number.POSITIVE_INFINITY : limit;
  throw new DomstartError('not-supported', `DOMSTART_CACHE_LIMIT is no size: ${text}`, {
    hint: 'write a number of bytes, or one with K, M, G or T behind it, such as 5G',
  });
}

/** `500M` in bytes; units are powers of 1024. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?$/i.exec(text.trim());
  if (match === null) return undefined;
  const unit = UNITS[(match[2] as string).toUpperCase()] as number;
  return Math.floor(Number(match[1]) * unit);
}
