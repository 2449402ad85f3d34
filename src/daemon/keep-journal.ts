import type { Announcement } from '../embed/announcement-feed.ts';
import type { Engine } from '../engine/engine.ts';
import type { DomstartError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import { type Journal, openJournal } from '../store/journal.ts';
import { createJournalRecords, type JournalRecords, RECORDED_TYPES } from './journal-records.ts';

export interface KeptJournal extends AsyncDisposable {
  readonly journal: Journal;
  expect: JournalRecords['expect'];
}

export interface KeepJournalOptions {
  readonly clock: Clock;
  readonly engine: Engine;
  readonly problem: (error: DomstartError) => void;
}

/** Opens the journal of a state folder, and tells it of all that the engine announces from now on. */
export async function keepJournal(
  folder: string | undefined,
  { clock, engine, problem }: KeepJournalOptions,
): Promise<KeptJournal | undefined> {
  if (folder === undefined) return undefined;
  const journal = await openJournal({ folder, clock, onProblem: problem });
  const { take, expect } = createJournalRecords({ runLog: journal.runLog, now: Date.now });
  const forget = RECORDED_TYPES.map((type) =>
    engine.on(type, (told) => take({ type, told } as Announcement<typeof type>)),
  );
  return {
    journal,
    expect,
    async [Symbol.asyncDispose]() {
      for (const off of forget) off();
      await journal[Symbol.asyncDispose]();
    },
  };
}
