/** The daemon's trace in the words of the records. */
import type { Announcements, AnnouncementType } from '../../src/engine/announcements.ts';
import { formatInstance } from '../../src/engine/job-state.ts';
import { formatVariable } from '../../src/model/environment.ts';
import { type Event, oldView } from '../../src/model/event.ts';

/** A line of the trace: what was told, and `msg`, its type. */
export type TraceLine = {
  [Type in AnnouncementType]: { readonly msg: Type } & Announcements[Type];
}[AnnouncementType];

type Told<Type extends AnnouncementType> = Extract<TraceLine, { msg: Type }>;

export interface TraceRenderer {
  /** No line, or several. */
  render(line: TraceLine): string[];
  /** What comes when everything that followed from a step is over. */
  atRest(): string[];
}

/**
 * What a record says and no line of the trace says by itself follows from those before it: whether
 * a definition was there when its file was read again, and whether anybody lived by it.
 */
export function createTraceRenderer({ old }: { readonly old: boolean }): TraceRenderer {
  const defined = new Set<string>();
  const living = new Map<string, number>();
  const spawned = new Set<string>();
  /** Its file was read again, which told already that the definition before it is gone. */
  const replaced = new Set<string>();
  /** Its definition goes with its last instance; `next`: a newer one takes over then. */
  const doomed = new Map<string, { readonly next: boolean }>();
  /** Upstart loses track of a definition whose override has an error. */
  const lost = new Set<string>();
  let deleted: string[] = [];

  const nameOf = ({ job, instance }: { readonly job: string; readonly instance: string }) =>
    formatInstance(job, instance);

  function ofEvent({ progress, event, failed }: Told<'event'>): string[] {
    const { name } = event;
    // The recorder looked for `Pending WORD event`; of what it did not find it kept the whole line.
    const isWord = !/\s/.test(name);
    switch (progress) {
      case 'queued':
        return [isWord ? `queued ${name}` : `log Pending ${name} event`];
      case 'handling':
        return [['handling', `${name} event`.replace(' event', ''), ...wordsOf(event)].join(' ')];
      case 'finished':
        if (!isWord) return [`log Finished ${name} event`];
        return [`finished ${name}${failed ? ' FAILED' : ''}`];
    }
  }

  function wordsOf(event: Event): string[] {
    if (!old) return event.variables.map(formatVariable);
    const view = oldView(event);
    return [
      ...view.arguments,
      ...view.environment.map((variable) => `{${formatVariable(variable)}}`),
    ];
  }

  function ofProcess(told: Told<'process'>): string[] {
    const name = `${nameOf(told)} ${told.process}`;
    switch (told.kind) {
      case 'spawn':
        spawned.add(name);
        return [`spawn ${name}`];
      case 'spawn-failed':
        // The real one forks before it can fail.
        return [...ofFork(name), `spawn-failed ${name}: ${reasonOf(told.error)}`];
      case 'exit':
        spawned.delete(name);
        return [
          told.ending.kind === 'exited'
            ? `exit ${name} status ${told.ending.status}`
            : `exit ${name} signal ${told.ending.signal}`,
        ];
      case 'kill':
        return [`kill ${name} with ${told.signal}`];
      case 'fork':
        return [`fork ${name}`];
      case 'stopped':
      case 'continued':
        return [`${told.kind} ${name} signal ${told.signal}`];
      case 'respawning':
        return [`respawning ${name}`];
      case 'respawn-limit':
        return [`respawn-limit ${nameOf(told)}`];
      case 'lost':
        return [`lost ${name}: ${told.error.message}`];
    }
  }

  function ofFork(name: string): string[] {
    return spawned.delete(name) ? [] : [`spawn ${name}`];
  }

  function ofConfiguration(told: Told<'configuration'>): string[] {
    switch (told.kind) {
      case 'load': {
        if (old) return [`load ${told.file}`];
        const rests = !living.has(told.job);
        if (defined.has(told.job) && rests) replaced.add(told.job);
        const gone = rests ? defined.has(told.job) : forgetNext(told.job);
        defined.add(told.job);
        return gone ? [`load ${told.file}`, `class-destroyed ${told.job}`] : [`load ${told.file}`];
      }
      case 'override':
        return [`override ${told.job} with ${told.file}`];
      case 'error':
        // Our own explanation stands behind Upstart's words.
        if (told.file.endsWith('.override')) lost.add(told.file.replace(/\.override$/, ''));
        defined.delete(told.file.replace(/\.[^.]*$/, ''));
        return [`log ${told.file}:${told.line}: ${told.message.replace(/:.*/s, '')}`];
      case 'deleted': {
        const job = told.file.replace(/\.[^.]*$/, '');
        return forgetNext(job) ? [`class-destroyed ${job}`] : [];
      }
      case 'warning':
        return [];
    }
  }

  /** Whether a definition that has not come to its turn is gone. */
  function forgetNext(job: string): boolean {
    const { next } = doomed.get(job) ?? { next: false };
    if (next) doomed.set(job, { next: false });
    return next;
  }

  function ofDefinition({ kind, job }: Told<'definition'>): string[] {
    if (kind === 'waiting') {
      doomed.set(job, { next: defined.has(job) });
      return old ? [`replace ${job}`] : [];
    }
    doomed.delete(job);
    if (old) return remove(job);
    if (replaced.delete(job) || lost.delete(job)) return [];
    if (!living.has(job)) defined.delete(job);
    return [`class-destroyed ${job}`];
  }

  function remove(job: string): string[] {
    deleted.push(`delete ${job}`);
    return [`state ${job}: waiting -> deleted`];
  }

  function render(line: TraceLine): string[] {
    switch (line.msg) {
      case 'event':
        return ofEvent(line);
      case 'matched':
        return old ? [] : [`matched ${nameOf(line)}`];
      case 'goal':
        return [`goal ${nameOf(line)}: ${line.from} -> ${line.to}`];
      case 'state':
        if (line.from === 'waiting') living.set(line.job, (living.get(line.job) ?? 0) + 1);
        return [`state ${nameOf(line)}: ${line.from} -> ${line.to}`];
      case 'process':
        return ofProcess(line);
      case 'instance': {
        if (line.kind === 'failed') return [`instance-failed ${line.job}: ${reasonOf(line.error)}`];
        const left = (living.get(line.job) ?? 1) - 1;
        if (left > 0) living.set(line.job, left);
        else living.delete(line.job);
        // A definition takes its last instance with it.
        if (!old) return left <= 0 && doomed.has(line.job) ? [] : [`destroyed ${nameOf(line)}`];
        return line.each === true ? remove(line.job) : [];
      }
      case 'definition':
        return ofDefinition(line);
      case 'configuration':
        return ofConfiguration(line);
      case 'notice':
        // Warnings are of our own.
        return line.severity === 'warning' ? [] : [`log ${line.text}`];
      case 'fault':
        return [`fault ${line.where}: ${line.error.message}`];
      case 'output':
      case 'progress':
      case 'result':
        return [];
    }
  }

  return {
    render,
    atRest() {
      const rest = deleted;
      deleted = [];
      return rest;
    },
  };
}

/** In Upstart's words, where the error has any. */
function reasonOf(error: { readonly message: string; readonly cause?: unknown }): string {
  return typeof error.cause === 'string' ? error.cause : error.message;
}
