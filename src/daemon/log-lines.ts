import type { Announcement } from '../embed/announcement-feed.ts';
import { formatInstance } from '../engine/job-state.ts';
import { formatEvent } from '../model/event.ts';
import { neutralise } from '../model/terminal.ts';
import type { LogPriority } from './log-priority.ts';
import { upstartWords } from './upstart-words.ts';

export interface LogLine {
  readonly priority: LogPriority;
  readonly text: string;
}

/** What the daemon says of it in its log for people; undefined where that has nothing to say. */
export function logLineOf(announcement: Announcement): LogLine | undefined {
  const line = lineOf(announcement);
  return line && { priority: line[0], text: neutralise(line[1]) };
}

function lineOf({ type, told }: Announcement): readonly [LogPriority, string] | undefined {
  switch (type) {
    case 'event':
      return told.progress === 'handling'
        ? ['info', `Handling ${formatEvent(told.event)} event`]
        : ['debug', `${told.progress} ${told.event.name} event${told.failed ? ', failed' : ''}`];
    case 'goal':
      return ['info', `${nameOf(told)} goal changed from ${told.from} to ${told.to}`];
    case 'state':
      return ['info', `${nameOf(told)} state changed from ${told.from} to ${told.to}`];
    case 'process':
      return ofProcess(told);
    case 'instance':
      return told.kind === 'failed'
        ? ['warn', `Failed to obtain ${told.job} instance: ${upstartWords(told.error)}`]
        : ['debug', `${nameOf(told)} instance gone`];
    case 'definition':
      return ['debug', `${told.job} definition ${told.kind}`];
    case 'configuration':
      return ofConfiguration(told);
    case 'notice':
      return [told.severity === 'warning' ? 'warn' : 'message', told.text];
    case 'fault':
      return ['error', `${told.where}: ${told.error.message}`];
    case 'result':
      return told.error === undefined
        ? undefined
        : ['warn', `${nameOf(told)} failed: ${told.error.message}${inBrackets(told.error.hint)}`];
    case 'matched':
    case 'output':
    case 'progress':
      return undefined;
  }
}

type Told<Type extends Announcement['type']> = Extract<Announcement, { type: Type }>['told'];

function ofProcess(told: Told<'process'>): readonly [LogPriority, string] | undefined {
  const name = `${nameOf(told)} ${told.process}`;
  switch (told.kind) {
    case 'spawn':
      return ['info', `${name} process${told.pid === undefined ? '' : ` (${told.pid})`}`];
    case 'spawn-failed':
      return ['warn', `Failed to spawn ${name} process: ${upstartWords(told.error)}`];
    case 'exit': {
      const { ending } = told;
      if (ending.kind === 'signalled') {
        return ['warn', `${name} process killed by ${ending.signal} signal`];
      }
      return ending.status === 0
        ? ['info', `${name} process exited normally`]
        : ['warn', `${name} process terminated with status ${ending.status}`];
    }
    case 'lost':
      return ['warn', `${name} process lost: ${told.error.message}`];
    case 'kill':
      return ['info', `Sending ${told.signal} signal to ${name} process`];
    case 'fork':
      return ['info', `${name} process is now ${told.pid}`];
    case 'stopped':
    case 'continued':
      return ['info', `${name} process ${told.kind} by ${told.signal} signal`];
    case 'respawning':
      return ['warn', `${name} process ended, respawning`];
    case 'respawn-limit':
      return ['warn', `${nameOf(told)} respawning too fast, stopped`];
  }
}

function ofConfiguration(told: Told<'configuration'>): readonly [LogPriority, string] {
  switch (told.kind) {
    case 'load':
      return ['info', `Loading ${told.job} from ${told.file}`];
    case 'override':
      return ['info', `Applying ${told.file} to ${told.job}`];
    case 'deleted':
      return ['info', `${told.file} is gone`];
    case 'error':
    case 'warning': {
      const kept = told.effect === 'kept' ? '; the job stays as it was' : '';
      const hint = inBrackets(told.hint);
      const text = `${told.file}:${told.line}:${told.column}: ${told.message}${kept}${hint}`;
      return [told.kind === 'error' ? 'error' : 'warn', text];
    }
  }
}

function nameOf({ job, instance }: { readonly job: string; readonly instance: string }): string {
  return formatInstance(job, instance);
}

function inBrackets(hint: string | undefined): string {
  return hint === undefined ? '' : ` (${hint})`;
}
