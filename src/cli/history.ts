import { stateFolder } from '../host/paths.ts';
import { formatEvent } from '../model/event.ts';
import { neutralise } from '../model/terminal.ts';
import {
  type JournalReader,
  type RunRow,
  readJournal,
  type WholeRun,
} from '../store/read-journal.ts';
import { EXIT } from './exit-codes.ts';
import { fail, print, say } from './output.ts';
import { bars, factLines, nameOf, outcome } from './run-view.ts';
import { styleFor } from './style.ts';
import { table } from './table.ts';
import { drawWaterfall, formatMs } from './waterfall.ts';

export interface HistoryOptions {
  readonly limit: number;
  readonly json?: true;
  readonly state?: string;
}

export type ShowOptions = Omit<HistoryOptions, 'limit'>;

/** `domstart history [JOB]`. */
export function history(job: string | undefined, { limit, json, state }: HistoryOptions): number {
  return withJournal(state, (journal) => {
    const runs = journal.runs({ limit, ...(job === undefined ? {} : { job }) });
    if (json) {
      for (const run of runs) print(JSON.stringify(run));
    } else if (runs.length === 0) {
      say(job === undefined ? 'no runs' : `no runs of ${neutralise(job)}`);
    } else {
      const head = ['RUN', 'JOB', 'SINCE (UTC)', 'TOOK', 'RESULT'];
      for (const line of table([head, ...runs.map(row)], { right: [0, 3] })) print(line);
    }
  });
}

/** `domstart show RUN`. */
export function show(which: string, { json, state }: ShowOptions): number {
  return withJournal(state, (journal) => {
    const run = journal.run(which);
    if (json) print(JSON.stringify(run));
    else for (const line of wholeRun(run)) print(line);
  });
}

function withJournal(state: string | undefined, work: (journal: JournalReader) => void): number {
  try {
    using journal = readJournal(state ?? stateFolder());
    work(journal);
    return EXIT.ok;
  } catch (error) {
    return fail(error);
  }
}

function row(run: RunRow): string[] {
  return [`${run.run}`, neutralise(nameOf(run)), secondsOf(run.startedAt), tookOf(run), howOf(run)];
}

function wholeRun(run: WholeRun): string[] {
  const style = styleFor(process.stdout);
  const colour = { ok: 'green', running: 'cyan', failed: 'red', interrupted: 'red' } as const;
  const took = tookOf(run);
  const head = [
    `${style('bold', neutralise(nameOf(run)))}: ${style(colour[run.result], howOf(run))}`,
    ...(took === '' ? [] : [`${took} in all`]),
  ].join(', ');
  const { error } = run;
  const indented = (lines: readonly string[]) => lines.map((line) => neutralise(`  ${line}`));
  const section = (lines: readonly string[]) => (lines.length === 0 ? [] : ['', ...lines]);
  return [
    head,
    ...indented([`run ${run.run}, ${spanOf(run)}`]),
    ...section(indented(drawWaterfall(bars(run), process.stdout.columns ?? 80))),
    ...section(factLines(run).map(neutralise)),
    ...section(
      indented([
        ...(error === undefined ? [] : [`error: ${error.message}`]),
        ...(error?.hint === undefined ? [] : [`hint: ${error.hint}`]),
      ]),
    ),
    ...section(indented(run.events.map((event) => eventLine(event, run)))),
  ];
}

function eventLine(event: WholeRun['events'][number], { startedAt }: RunRow): string {
  const after = `+${formatMs(Math.max(0, event.at - startedAt))}`;
  const end = event.failed === undefined ? '  (not finished)' : event.failed ? '  (failed)' : '';
  return `${after.padStart(9)}  ${formatEvent(event)}${end}`;
}

function spanOf({ startedAt, endedAt }: RunRow): string {
  const from = `${timeOf(startedAt)} UTC`;
  return endedAt === undefined ? `since ${from}` : `from ${from} until ${timeOf(endedAt)} UTC`;
}

function tookOf({ startedAt, endedAt }: RunRow): string {
  return endedAt === undefined ? '' : formatMs(endedAt - startedAt);
}

function howOf({ result, exitStatus, exitSignal, failedProcess, error }: RunRow): string {
  if (result === 'running' || result === 'interrupted') return result;
  const ending =
    exitStatus !== undefined
      ? ({ kind: 'exited', status: exitStatus } as const)
      : exitSignal !== undefined
        ? ({ kind: 'signalled', signal: exitSignal } as const)
        : undefined;
  const how = { ...(ending && { ending }), ...(error && { error }) };
  const failed =
    failedProcess === undefined ? {} : { failedProcess, ...(ending && { failedEnding: ending }) };
  return `${result}, ${outcome({ ...how, ...failed })}`;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 23).replace('T', ' ');
}

function secondsOf(ms: number): string {
  return timeOf(ms).slice(0, 19);
}
