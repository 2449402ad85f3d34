import type { Announcements, RunResult } from '../embed/engine.ts';
import { printCondition } from '../language/print-condition.ts';
import { formatVariable } from '../model/environment.ts';
import { errorJson } from '../model/error-json.ts';
import { formatEvent } from '../model/event.ts';
import type { JobDefinition } from '../model/job.ts';
import { neutralise } from '../model/terminal.ts';
import { print, say } from './output.ts';
import { styleFor } from './style.ts';
import { type Bar, drawWaterfall, formatKib, formatMs } from './waterfall.ts';

/** What a run shows while it goes on and at its end. */
export interface RunView {
  event(told: Announcements['event']): void;
  output(told: Announcements['output']): void;
  progress(told: Announcements['progress']): void;
  result(result: RunResult): void;
  /** Nothing is left to do until a file starts one of these jobs. */
  waits(jobs: readonly JobDefinition[]): void;
}

/** A phase that goes on for longer is named before it is over. */
const LONG_MS = 500;

export interface TextViewOptions {
  /** Only the console. */
  readonly quiet?: boolean;
  /** Several jobs were loaded: every line says whose it is. */
  readonly named?: boolean;
}

/** For people: the console on standard output, everything else on standard error. */
export function createTextView(options: TextViewOptions): RunView {
  const style = styleFor(process.stderr);
  const gutter = process.stdout.isTTY ? styleFor(process.stdout)('dim', '│ ') : '';
  const talk = (label: string, text: string) => {
    if (!options.quiet) say(`${style('dim', label.padEnd(9))} ${text}`);
  };
  const long = new Map<string, NodeJS.Timeout>();
  let finished: RunResult[] = [];

  function summarise(): void {
    const results = finished;
    finished = [];
    if (!options.quiet) for (const line of results.flatMap(summary)) say(line);
  }

  return {
    event({ progress, event }) {
      if (progress === 'handling') talk('event', style('cyan', neutralise(formatEvent(event))));
      // The last word about a run; its figures come after it.
      if (progress === 'finished' && event.name === 'stopped') summarise();
    },
    output({ line, ...of }) {
      print(gutter + (options.named ? `${nameOf(of)}: ` : '') + line.text);
    },
    progress({ progress, ...of }) {
      const whose = options.named ? nameOf(of) : '';
      const detail = [progress.detail, whose].filter(Boolean).join(', ');
      const key = `${progress.phase} ${nameOf(of)}`;
      switch (progress.kind) {
        case 'begin':
          long.set(key, setTimeout(() => talk(progress.phase, detail || '…'), LONG_MS).unref());
          break;
        case 'note':
          // That says more than that it takes long.
          clearTimeout(long.get(key));
          talk(progress.phase, detail);
          break;
        case 'end':
          clearTimeout(long.get(key));
          long.delete(key);
          talk(progress.phase, [formatMs(progress.ms), detail].filter(Boolean).join(', '));
      }
    },
    result(result) {
      if (result.phases.length > 0) finished.push(result);
    },
    waits(jobs) {
      for (const job of jobs) talk('waits', `${job.name}: ${startOnOf(job)}`);
      talk('', 'Ctrl-C ends it');
    },
  };
}

/** For programs: one JSON object a line, on standard output. */
export function createJsonView(): RunView {
  const tell = (type: string, value: object) => print(JSON.stringify({ type, ...value }));
  return {
    event({ progress, event, failed }) {
      const variables = event.variables.map(formatVariable);
      tell('event', {
        name: event.name,
        variables,
        progress,
        ...(progress === 'finished' ? { failed } : {}),
      });
    },
    output: ({ job, instance, line }) => tell('line', { job, instance, ...line }),
    progress: ({ job, instance, progress }) => tell('phase', { job, instance, ...progress }),
    result: (result) => tell('result', resultForPrograms(result)),
    waits: (jobs) =>
      tell('waits', { jobs: jobs.map((job) => ({ job: job.name, startOn: startOnOf(job) })) }),
  };
}

function startOnOf({ startOn, dialect }: JobDefinition): string {
  return neutralise((startOn && printCondition(startOn, dialect)) ?? '');
}

function resultForPrograms({ error, ending, ...rest }: RunResult) {
  const told = ending?.kind === 'failed' ? { kind: 'failed' } : ending;
  return {
    ...rest,
    ...(told === undefined ? {} : { ending: told }),
    ...(error === undefined ? {} : { error: errorJson(error) }),
  };
}

function summary(result: RunResult): string[] {
  const style = styleFor(process.stderr);
  const total = formatMs(result.endedAt - result.startedAt);
  const good = result.result === 'ok';
  const head = `${style('bold', nameOf(result))}: ${style(good ? 'green' : 'red', outcome(result))}, ${total} in all`;
  return [
    '',
    head,
    ...drawWaterfall(bars(result), process.stderr.columns ?? 80).map((line) => `  ${line}`),
    ...factLines(result),
  ];
}

/** What says how a run ended, here or in the journal. */
interface Outcome extends Pick<RunResult, 'ending' | 'failedEnding'> {
  readonly error?: { readonly code: string };
  readonly failedProcess?: string;
}

/** How a run ended, in a few words. */
export function outcome({ ending, error, failedProcess, failedEnding }: Outcome): string {
  if (error !== undefined) return error.code.replaceAll('-', ' ');
  if (failedProcess === 'respawn') return 'respawning too fast, stopped';
  if (failedEnding !== undefined && failedProcess !== 'main') {
    return `${failedProcess} ${endingWords(failedEnding)}`;
  }
  return ending === undefined ? 'nothing was run' : endingWords(ending);
}

function endingWords(ending: NonNullable<RunResult['ending']>): string {
  switch (ending.kind) {
    case 'exited':
      return `exit status ${ending.status}`;
    case 'signalled':
      return `killed by ${ending.signal}`;
    case 'failed':
      return ending.error.code.replaceAll('-', ' ');
  }
}

/** Phases follow one another, but for those of the guest, which are told when they are over. */
export function bars({ phases }: Pick<RunResult, 'phases'>): Bar[] {
  let from = 0;
  return phases.map(({ phase, ms }) => {
    const bar = { label: phase, from, ms, detail: '' };
    from += ms;
    return bar;
  });
}

/** Of what a run ran in. */
export function factLines({ facts }: Pick<RunResult, 'facts'>): string[] {
  const lines: string[] = [];
  if (typeof facts['memoryUsed'] === 'number') {
    lines.push(`  ${formatKib(facts['memoryUsed'])} of memory in use in the guest`);
  }
  if (typeof facts['output'] === 'string') {
    const count = facts['outputs'];
    lines.push(`  ${count} ${count === 1 ? 'file' : 'files'} handed back: ${facts['output']}`);
  }
  const made = [facts['machine'], facts['image']].filter((fact) => fact !== undefined);
  if (made.length > 0) lines.push(`  ${made.join('; ')}`);
  return lines;
}

export function nameOf({
  job,
  instance,
}: {
  readonly job: string;
  readonly instance: string;
}): string {
  return instance === '' ? job : `${job} (${instance})`;
}
