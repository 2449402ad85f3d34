import { neutralise } from '../../model/terminal.ts';

interface Announcement {
  readonly type: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly told: unknown;
}

/** One line for people: `TIME TYPE JOB (INSTANCE) what happened`. */
export function formatAnnouncement({ type, time, told }: Announcement): string {
  const words = isRecord(told) ? ofRecord(told) : [JSON.stringify(told)];
  return neutralise([formatTime(time), type.padEnd(8), ...words].join(' '));
}

function formatTime(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}

type Told = Readonly<Record<string, unknown>>;

function ofRecord({ job, instance, ...rest }: Told): string[] {
  const name = typeof job !== 'string' ? [] : [instance ? `${job} (${String(instance)})` : job];
  const { progress, event, failed, from, to, line, ...others } = rest;
  const eventWords = isRecord(event) ? [String(progress), ...wordsOfEvent(event)] : undefined;
  if (eventWords !== undefined) {
    return [...eventWords, ...(progress === 'finished' && failed === true ? ['FAILED'] : [])];
  }
  if (from !== undefined && to !== undefined) return [...name, `${from} -> ${to}`];
  if (isRecord(line) && typeof line['text'] === 'string') return [...name, line['text']];
  const plain = { ...(progress === undefined ? {} : { progress }), ...others };
  return [...name, ...Object.entries(plain).map(([key, value]) => `${key}=${plainOf(value)}`)];
}

function wordsOfEvent({ name, variables }: Told): string[] {
  const list = Array.isArray(variables) ? variables : [];
  return [
    String(name),
    ...list.map((one) => (isRecord(one) ? `${one['name']}=${one['value']}` : String(one))),
  ];
}

function plainOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function isRecord(value: unknown): value is Told {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
