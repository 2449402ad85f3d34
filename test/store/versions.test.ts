import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { readJournal } from '../../src/store/read-journal.ts';
import { SCHEMA_VERSION, versionOf } from '../../src/store/schema.ts';
import { entry } from './entry.ts';
import { storeRig } from './store-rig.ts';

const VERSIONS = Array.from({ length: SCHEMA_VERSION }, (_, at) => at + 1);

/** Written by fixtures/make-journal.ts when that version was the newest. */
const journalOf = (version: number) => join(import.meta.dirname, `fixtures/journal-v${version}.db`);

test.each(VERSIONS)(
  'a journal of version %d is opened, and has all that was in it',
  async (version) => {
    const rig = storeRig();
    expect(existsSync(journalOf(version))).toBe(true);
    copyFileSync(journalOf(version), rig.file);
    {
      using database = new DatabaseSync(rig.file, { readOnly: true });
      expect(versionOf(database)).toBe(version);
    }
    const { spoolFiles } = await rig.open({ limits: { days: 1e6 } });
    expect(rig.problems).toEqual([]);
    expect(spoolFiles.unfinished('/srv/spool').map(({ run, step }) => [run, step])).toEqual([
      ['one', 'claimed'],
      ['two', 'ended'],
    ]);
    const [, two] = spoolFiles.unfinished('/srv/spool');
    expect(two).toMatchObject({ outcome: 'failed', reason: 'exit status 1', endedAt: 1 });
    expect(Buffer.from(two?.target ?? []).toString()).toBe('two (2).txt');

    using reader = readJournal(rig.folder);
    expect(reader.runs({ limit: 9 })).toEqual([
      {
        ...{ run: 3, job: 'left', instance: '', result: 'interrupted' },
        startedAt: 1_700_000_004_000,
      },
      {
        ...{ run: 2, job: 'print', instance: '', result: 'failed' },
        ...{ exitSignal: 'KILL', failedProcess: 'main' },
        error: { code: 'boot-failed', message: 'it did not boot', hint: 'look' },
        ...{ startedAt: 1_700_000_002_000, endedAt: 1_700_000_003_000 },
      },
      {
        ...{ run: 1, job: 'web', instance: 'eth0', result: 'ok', exitStatus: 0 },
        ...{ startedAt: 1_700_000_000_000, endedAt: 1_700_000_001_500 },
      },
    ]);
    expect(reader.run('eth0')).toMatchObject({
      run: 1,
      facts: { machine: 'pc, tcg', memoryUsed: 12_345 },
      phases: [
        { phase: 'boot', ms: 800.5 },
        { phase: 'guest', ms: 300 },
      ],
      events: [
        {
          ...{ name: 'starting', variables: [{ name: 'JOB', value: 'web' }] },
          ...{ at: 1_700_000_000_001, failed: false },
        },
        { name: 'held', variables: [], at: 1_700_000_000_002 },
      ],
    });
    // And it is written as one of ours.
    await spoolFiles.keep(entry('new'));
    expect(spoolFiles.unfinished('/srv/spool')).toHaveLength(3);
  },
);
