import type { Duplex } from 'node:stream';
import { DomstartError } from '../../model/errors.ts';
import type { Clock } from '../../ports/clock.ts';

export interface QmpEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** QEMU's machine protocol: one JSON object a line, answers matched to commands by id. */
export interface Qmp {
  /** Resolves when QEMU has greeted and takes commands. */
  readonly ready: Promise<void>;
  /** Rejects with a DomstartError: refused, no answer in time, or QEMU is gone. */
  execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
}

/** More than QEMU says in one line by far; a peer that goes on without a line end is not QEMU. */
const MAX_LINE = 1024 * 1024;

export const CHANNEL_CLOSED = 'QEMU closed its control channel';

/** A greeting, an answer or an event; which it is, its members tell. */
interface Message {
  readonly event?: unknown;
  readonly data?: unknown;
  readonly id?: unknown;
  readonly return?: unknown;
  readonly error?: unknown;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: DomstartError) => void;
}

export function createQmp(options: {
  readonly stream: Duplex;
  readonly clock: Clock;
  /** Milliseconds for the greeting and for each answer. */
  readonly timeout: number;
  readonly onEvent: (event: QmpEvent) => void;
}): Qmp {
  const { stream, clock, timeout, onEvent } = options;
  const waiting = new Map<number, Waiting>();
  let nextId = 1;
  let pending = '';
  let failure: DomstartError | undefined;

  function fail(message: string, hint?: string): void {
    if (failure !== undefined) return;
    failure = new DomstartError('boot-failed', message, { hint });
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  }

  function execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (failure !== undefined) {
        reject(failure);
        return;
      }
      const id = nextId;
      nextId += 1;
      const cancel = clock.after(timeout, () => {
        waiting.delete(id);
        const message = `QEMU did not answer ${command} within ${timeout / 1000} s`;
        reject(new DomstartError('boot-failed', message));
      });
      waiting.set(id, {
        resolve: (value) => {
          cancel();
          resolve(value);
        },
        reject: (error) => {
          cancel();
          reject(error);
        },
      });
      stream.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  }

  function take(line: string): void {
    if (line.trim() === '') return;
    const message = parseObject(line);
    if (message === undefined) {
      fail(
        `QEMU's control channel says what is not QMP: ${JSON.stringify(line.slice(0, 80))}`,
        'check that the QEMU command is a QEMU system emulator',
      );
      return;
    }
    if (typeof message.event === 'string') {
      onEvent({ event: message.event, data: asObject(message.data) });
      return;
    }
    const id = Number(message.id);
    const command = waiting.get(id);
    if (command === undefined) return;
    waiting.delete(id);
    if (message.error === undefined) command.resolve(message.return);
    else command.reject(refusal(message.error));
  }

  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    if (failure !== undefined) return;
    const lines = (pending + chunk).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) take(line);
    if (pending.length > MAX_LINE) fail('QEMU sends a line without end on its control channel');
  });
  // A broken pipe here means that QEMU is going; how it ended is told by its process.
  stream.on('error', () => fail(CHANNEL_CLOSED));
  stream.on('close', () => fail(CHANNEL_CLOSED));

  return { ready: execute('qmp_capabilities').then(() => undefined), execute };
}

function refusal(error: unknown): DomstartError {
  const { desc }: { readonly desc?: unknown } = asObject(error);
  return new DomstartError('boot-failed', `QEMU refused: ${String(desc)}`);
}

function parseObject(line: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? asObject(value) : undefined;
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
