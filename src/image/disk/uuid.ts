import { createHash } from 'node:crypto';

/** 16 bytes that look like a random UUID (RFC 4122) and come of `seed` alone. */
export function uuidOf(seed: string): Buffer {
  const bytes = createHash('sha256').update(`domstart ${seed}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes;
}

export function uuidText(uuid: Buffer): string {
  return uuid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
