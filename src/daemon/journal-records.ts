import type { Announcement } from '../embed/announcement-feed.ts';
import type { OfInstance } from '../engine/announcements.ts';
import type { RunResult } from '../engine/run-record.ts';
import type { RecordedEvent, RecordedRun, RunEnd, RunLog } from '../store/run-log.ts';

export const RECORDED_TYPES = ['event', 'state', 'progress', 'result'] as const;

type RecordedType = (typeof RECORDED_TYPES)[number];

export interface JournalRecordsOptions {
  readonly runLog: RunLog;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface JournalRecords {
  take(announcement: Announcement<RecordedType>): void;
  /** This instance, when it starts next, goes on with the domain of a daemon that was killed. */
  expect(instance: OfInstance): void;
}

/** Tells the journal of what an engine announces. */
export function createJournalRecords({ runLog, now }: JournalRecordsOptions): JournalRecords {
  const runs = new Map<string, RecordedRun>();
  /** Of those with one name, which only event.d has, the last. */
  const named = new Map<string, RecordedRun>();
  const events = new Map<number, RecordedEvent>();
  const expected = new Set<string>();
  /** Those that go on with an earlier one: when that began is not known to the engine. */
  const adopted = new Set<RecordedRun>();

  function begin(of: OfInstance): void {
    const key = keyOf(of);
    const run = { job: of.job, instance: of.instance, startedAt: now() };
    const goesOn = expected.delete(nameOf(of));
    if (goesOn) adopted.add(run);
    runs.set(key, run);
    named.set(nameOf(of), run);
    runLog.begin(run, { goesOn });
  }

  function end(result: RunResult): void {
    const key = keyOf(result);
    const ms = result.endedAt - result.startedAt;
    const { job, instance } = result;
    const run = runs.get(key) ?? { job, instance, startedAt: Math.round(now() - ms) };
    runs.delete(key);
    if (named.get(nameOf(run)) === run) named.delete(nameOf(run));
    const endedAt = adopted.delete(run) ? now() : Math.round(run.startedAt + ms);
    runLog.end(run, { ...endOf(result), endedAt });
  }

  function ofEvent({ progress, event, serial, failed }: Told<'event'>): void {
    const known = events.get(serial);
    if (progress === 'finished') {
      events.delete(serial);
      if (known !== undefined) runLog.finish(known, { failed });
    } else if (known === undefined) {
      const { name, variables } = event;
      const value = (wanted: string) => variables.find((one) => one.name === wanted)?.value ?? '';
      const run = named.get(nameOf({ job: value('JOB'), instance: value('INSTANCE') }));
      const record = { serial, name, variables, at: now(), ...(run && { run }) };
      events.set(serial, record);
      runLog.event(record);
    }
  }

  return {
    expect: (instance) => void expected.add(nameOf(instance)),
    take({ type, told }) {
      switch (type) {
        case 'event':
          ofEvent(told);
          break;
        case 'state':
          if (told.from === 'waiting') begin(told);
          break;
        case 'progress': {
          const { progress } = told;
          const run = runs.get(keyOf(told));
          if (progress.kind === 'end' && run !== undefined) runLog.phase(run, progress);
          break;
        }
        case 'result':
          end(told);
          break;
      }
    },
  };
}

type Told<Type extends Announcement['type']> = Extract<Announcement, { type: Type }>['told'];

/** Instances of event.d may have no names, and are told apart by their ids. */
function keyOf({ id, ...of }: Pick<OfInstance, 'job' | 'instance' | 'id'>): string {
  return `${nameOf(of)}\0${id ?? ''}`;
}

function nameOf({ job, instance }: Pick<OfInstance, 'job' | 'instance'>): string {
  return `${job}\0${instance}`;
}

/** How a run ended: the way of the process that failed, else that of the main process. */
function endOf(result: RunResult): Omit<RunEnd, 'endedAt'> {
  const { failedProcess, failedEnding, ending, error, facts, phases } = result;
  const how = failedEnding ?? (failedProcess === undefined || error ? ending : undefined);
  return {
    result: result.result,
    ...(how?.kind === 'exited' && { exitStatus: how.status }),
    ...(how?.kind === 'signalled' && { exitSignal: how.signal }),
    ...(failedProcess !== undefined && { failedProcess }),
    ...(error !== undefined && { error: errorOf(error) }),
    facts,
    phases,
  };
}

function errorOf({ code, message, hint }: NonNullable<RunResult['error']>) {
  return { code, message, ...(hint !== undefined && { hint }) };
}
