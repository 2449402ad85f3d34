import type { SpoolEntry } from '../../src/ports/spool-journal.ts';

export function entry(run: string, more: Partial<SpoolEntry> = {}): SpoolEntry {
  return {
    run,
    spool: '/srv/spool',
    name: Buffer.from(`${run}.txt`),
    job: 'print',
    step: 'claimed',
    attempt: 1,
    claimedAt: 1_700_000_000_000,
    ...more,
  };
}
