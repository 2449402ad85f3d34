import type { OpenJournalFile } from './open-database.ts';
import { isThere } from './writer.ts';

/** Runs without an end whose daemon is gone. In a transaction. */
export function interruptLeftRuns(journal: OpenJournalFile): void {
  const going = journal.prepare('SELECT DISTINCT writer FROM runs WHERE result IS NULL').all();
  const interrupt = journal.prepare(
    "UPDATE runs SET result = 'interrupted' WHERE result IS NULL AND writer = ?",
  );
  for (const { writer } of going) {
    if (!isThere(writer as string)) interrupt.run(writer as string);
  }
}
