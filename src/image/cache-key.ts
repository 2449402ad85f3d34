import { createHash } from 'node:crypto';

/** 20 hexadecimal digits of the digest of what something is made of, as plain JSON. */
export function cacheKey(inputs: unknown): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 20);
}
