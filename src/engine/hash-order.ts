/** Upstart's tables have so many buckets and never grow (nih hash.c; UPSTART.md, section 24). */
const BUCKETS = 17;

/**
 * Where the real Upstart has a name in its tables of jobs and instances: the bucket, by 32-bit FNV-1
 * of its bytes. Within a bucket the order is that of coming.
 */
export function bucketOf(name: string): number {
  let hash = 2_166_136_261;
  for (const byte of new TextEncoder().encode(name)) {
    hash = (Math.imul(hash, 16_777_619) ^ byte) >>> 0;
  }
  return hash % BUCKETS;
}
