import { expect, test } from 'vitest';
import type { SpoolEntry } from '../../src/ports/spool-journal.ts';
import { type Found, remedyFor } from '../../src/spool/recover.ts';

const claimed = (attempt: number): SpoolEntry => ({
  ...{ run: 'a-00000000', spool: '/s', name: Buffer.from('a'), job: 'j', step: 'claimed', attempt },
  claimedAt: 1,
});
const ended: SpoolEntry = { ...claimed(1), step: 'ended', outcome: 'done' };
const nothing: Found = { file: false, attempts: [] };

test.each<[string, SpoolEntry | undefined, Found, object]>([
  ['claimed in the journal alone', claimed(1), nothing, { do: 'forget' }],
  ['claimed, its folder made', claimed(1), { file: false, attempts: [1] }, { do: 'forget' }],
  ['taken', claimed(1), { file: true, attempts: [1] }, { do: 'run', attempt: 2 }],
  [
    'taken, with a result that is whole',
    claimed(1),
    { file: true, attempts: [1], whole: 1 },
    { do: 'publish', attempt: 1 },
  ],
  [
    'taken, and then taken away by the job',
    claimed(1),
    { file: 'consumed', attempts: [1] },
    { do: 'fail', attempt: 1, attempts: 3 },
  ],
  ['ended', ended, { file: false, attempts: [1], whole: 1 }, { do: 'publish', attempt: 1 }],
  ['handed over', ended, nothing, { do: 'forget' }],
  ['handed over after a second attempt', ended, { file: false, attempts: [1] }, { do: 'forget' }],
  [
    'cut off as often as it may be',
    claimed(3),
    { file: true, attempts: [1, 2, 3] },
    { do: 'fail', attempt: 3, attempts: 3 },
  ],
  [
    'unknown to the journal, taken',
    undefined,
    { file: true, attempts: [1] },
    { do: 'run', attempt: 2 },
  ],
  [
    'unknown to the journal, whole',
    undefined,
    { file: true, attempts: [1, 2], whole: 2 },
    { do: 'publish', attempt: 2 },
  ],
  [
    'unknown to the journal, too often',
    undefined,
    { file: true, attempts: [1, 2, 3] },
    { do: 'fail', attempt: 3, attempts: 3 },
  ],
  ['unknown to the journal, empty', undefined, nothing, { do: 'forget' }],
])('%s', (_, entry, found, remedy) => {
  expect(remedyFor(entry, found, { attempts: 3 })).toEqual(remedy);
});
