import { logLineOf } from '../../daemon/log-lines.ts';
import { type Event, formatEvent } from '../../model/event.ts';
import { neutralise } from '../../model/terminal.ts';

interface Announcement {
  readonly type: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly told: unknown;
}

/** One line for people: `TIME TYPE JOB (INSTANCE) what happened`. */
export function formatAnnouncement({ type, time, told }: Announcement): string {
  const words = isRecord(told) ? (asInLog(type, told) ?? ofRecord(told)) : [JSON.stringify(told)];
  return neutralise([formatTime(time), type.padEnd(8), ...words].join(' '));
}

function formatTime(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}

type Told = Readonly<Record<string, unknown>>;

const AS_IN_LOG = ['process', 'configuration', 'notice', 'instance', 'definition', 'fault'];

/** Undefined where it is not what a daemon of our age tells. */
function asInLog(type: string, told: Told): string[] | undefined {
  if (!AS_IN_LOG.includes(type)) return undefined;
  try {
    const line = logLineOf({ type, told } as unknown as Parameters<typeof logLineOf>[0]);
    return line && [line.text];
  } catch {
    return undefined;
  }
}

function ofRecord({ job, instance, ...rest }: Told): string[] {
  const name = typeof job !== 'string' ? [] : [instance ? `${job} (${String(instance)})` : job];
  const { progress, event, failed, from, to, line, ...others } = rest;
  const eventWords = isRecord(event) ? [String(progress), ...wordsOfEvent(event)] : undefined;
  if (eventWords !== undefined) {
    return [...eventWords, ...(progress === 'finished' && failed === true ? ['FAILED'] : [])];
  }
  if (from !== undefined && to !== undefined) return [...name, `${from} -> ${to}`];
  if (isRecord(line) && typeof line['text'] === 'string') return [...name, line['text']];
  if (typeof others['result'] === 'string') return [...name, ...wordsOfResult(others)];
  const plain = { ...(progress === undefined ? {} : { progress }), ...others };
  return [...name, ...Object.entries(plain).map(([key, value]) => `${key}=${plainOf(value)}`)];
}

function wordsOfEvent({ name, variables, old }: Told): string[] {
  const list = Array.isArray(variables) ? variables : [];
  if (isOldView(old) && list.every(isRecord)) {
    return [formatEvent({ name: String(name), variables: list, old } as unknown as Event)];
  }
  return [
    String(name),
    ...list.map((one) => (isRecord(one) ? `${one['name']}=${one['value']}` : String(one))),
  ];
}

function isOldView(old: unknown): boolean {
  return isRecord(old) && Array.isArray(old['arguments']) && Array.isArray(old['environment']);
}

function wordsOfResult({ result, failedProcess, ending, error, startedAt, endedAt }: Told) {
  const message = isRecord(error) ? error['message'] : undefined;
  const how = isRecord(ending) ? (ending['signal'] ?? ending['status']) : undefined;
  return [
    String(result),
    ...(failedProcess === undefined ? [] : [String(failedProcess)]),
    ...(how === undefined ? [] : [isSignal(ending) ? `signal ${how}` : `status ${how}`]),
    ...(typeof startedAt === 'number' && typeof endedAt === 'number'
      ? [`after ${((endedAt - startedAt) / 1000).toFixed(3)} s`]
      : []),
    ...(message === undefined ? [] : [String(message)]),
  ];
}

function isSignal(ending: unknown): boolean {
  return isRecord(ending) && ending['kind'] === 'signalled';
}

function plainOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function isRecord(value: unknown): value is Told {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
