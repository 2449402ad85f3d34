import type { Variable } from '../model/environment.ts';
import type { Commits } from './commits.ts';
import type { OpenJournalFile } from './open-database.ts';

/** A run that is being recorded. */
export interface RecordedRun {
  readonly job: string;
  readonly instance: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

export interface RunEnd {
  readonly result: 'ok' | 'failed';
  /** Of what says how it ended: the process that failed, or the main process. */
  readonly exitStatus?: number;
  readonly exitSignal?: string;
  readonly failedProcess?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  readonly endedAt: number;
  readonly facts: Readonly<Record<string, string | number>>;
  readonly phases: readonly RunPhase[];
}

interface RunPhase {
  readonly phase: string;
  readonly ms: number;
}

export interface RecordedEvent {
  readonly serial: number;
  readonly name: string;
  readonly variables: readonly Variable[];
  readonly at: number;
  /** Whose event it is. */
  readonly run?: RecordedRun;
}

/** What happens, for `domstart history`. Nobody waits for it. */
export interface RunLog {
  /** `goesOn`: with a run that was interrupted, whose domain has lived on. */
  begin(run: RecordedRun, options?: { readonly goesOn?: boolean }): void;
  /** A phase of a run that goes on. */
  phase(run: RecordedRun, phase: RunPhase): void;
  end(run: RecordedRun, end: RunEnd): void;
  event(event: RecordedEvent): void;
  finish(event: RecordedEvent, outcome: { readonly failed: boolean }): void;
}

const BEGIN = 'INSERT INTO runs (job, instance, writer, started_at) VALUES (?, ?, ?, ?)';

const GO_ON = `
  UPDATE runs SET result = NULL, writer = ? WHERE id =
    (SELECT max(id) FROM runs WHERE job = ? AND instance = ? AND result = 'interrupted')
  RETURNING id`;

const END = `
  UPDATE runs SET result = ?, exit_status = ?, exit_signal = ?, failed_process = ?,
    error_code = ?, error_message = ?, error_hint = ?, ended_at = ?, facts = ?
  WHERE id = ? AND job = ? AND instance = ?`;

const ADD_PHASE = `
  INSERT INTO phases (run, place, phase, ms)
  VALUES (?1, (SELECT coalesce(max(place), 0) + 1 FROM phases WHERE run = ?1), ?2, ?3)`;

const FORGET_PHASES = 'DELETE FROM phases WHERE run = ?';

const ADD_EVENT = `
  INSERT INTO events (serial, name, variables, at, failed, run) VALUES (?, ?, ?, ?, ?, ?)`;

const FINISH_EVENT = 'UPDATE events SET failed = ? WHERE id = ?';

/** Where something is, in that file and in no other one. */
interface Row {
  readonly of: OpenJournalFile;
  readonly id: number | bigint;
}

/** `writer` names this process (writer.ts). */
export function createRunLog(options: {
  readonly commits: Commits;
  readonly writer: string;
}): RunLog {
  const { commits, writer } = options;
  const rows = new WeakMap<RecordedRun | RecordedEvent, Row>();
  /** Of events that may not be written yet. */
  const outcomes = new WeakMap<RecordedEvent, boolean>();

  function rowOf(journal: OpenJournalFile, of: RecordedRun | RecordedEvent) {
    const row = rows.get(of);
    return row?.of === journal ? row.id : undefined;
  }

  function add(journal: OpenJournalFile, run: RecordedRun): number | bigint {
    const { job, instance, startedAt } = run;
    const { lastInsertRowid: id } = journal.prepare(BEGIN).run(job, instance, writer, startedAt);
    rows.set(run, { of: journal, id });
    return id;
  }

  function goOn(journal: OpenJournalFile, run: RecordedRun): boolean {
    const row = journal.prepare(GO_ON).get(writer, run.job, run.instance);
    if (row !== undefined) rows.set(run, { of: journal, id: row['id'] as number });
    return row !== undefined;
  }

  /** Its beginning may be lost, or in a journal that was set aside. */
  function surely(journal: OpenJournalFile, run: RecordedRun): number | bigint {
    return rowOf(journal, run) ?? add(journal, run);
  }

  function addPhase(journal: OpenJournalFile, id: number | bigint, { phase, ms }: RunPhase): void {
    journal.prepare(ADD_PHASE).run(id, phase, ms);
  }

  return {
    begin(run, { goesOn = false } = {}) {
      commits.later((journal) => {
        if (!goesOn || !goOn(journal, run)) add(journal, run);
      });
    },
    phase(run, phase) {
      commits.later((journal) => addPhase(journal, surely(journal, run), phase));
    },
    end(run, end) {
      const { result, exitStatus = null, exitSignal = null, failedProcess = null, error } = end;
      const { code = null, message = null, hint = null } = error ?? {};
      const how = [result, exitStatus, exitSignal, failedProcess, code, message, hint] as const;
      const facts = JSON.stringify(end.facts);
      const { endedAt, phases } = end;
      commits.later((journal) => {
        const write = (id: number | bigint) =>
          journal.prepare(END).run(...how, endedAt, facts, id, run.job, run.instance);
        let id = surely(journal, run);
        if (write(id).changes === 0) {
          // Its row is gone: what it was written with was undone, and then dropped.
          id = add(journal, run);
          write(id);
        }
        if (phases.length > 0) journal.prepare(FORGET_PHASES).run(id);
        for (const phase of phases) addPhase(journal, id, phase);
      });
    },
    event(event) {
      const { serial, name, variables, at, run } = event;
      commits.later((journal) => {
        const failed = outcomes.get(event);
        const outcome = failed === undefined ? null : Number(failed);
        const of = run === undefined ? null : (rowOf(journal, run) ?? null);
        const text = JSON.stringify(variables.map((one) => [one.name, one.value]));
        const { lastInsertRowid: id } = journal
          .prepare(ADD_EVENT)
          .run(serial, name, text, at, outcome, of);
        rows.set(event, { of: journal, id });
      });
    },
    finish(event, { failed }) {
      outcomes.set(event, failed);
      // Most end within the moment in which they are written.
      if (!rows.has(event)) return;
      commits.later((journal) => {
        const id = rowOf(journal, event);
        if (id !== undefined) journal.prepare(FINISH_EVENT).run(Number(failed), id);
      });
    },
  };
}
