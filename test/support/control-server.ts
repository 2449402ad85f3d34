import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ErrorAnswer, Item, Request, RequestLine } from '../../src/daemon/control/protocol.ts';

/** One request, and what can be said to it. */
export interface Asked {
  readonly id: number;
  readonly request: Request;
  readonly socket: Socket;
  item(item: Item): void;
  done(): void;
  error(error: ErrorAnswer): void;
}

export interface ControlServer extends AsyncDisposable {
  readonly path: string;
  /** Everything that came, cancels included. */
  readonly lines: readonly RequestLine[];
  /** Resolves when that many lines have come from clients. */
  came(count: number): Promise<void>;
  /** Resolves when no client is connected any more. */
  left(): Promise<void>;
}

interface ServerOptions {
  /** What a connection begins with; undefined: nothing. */
  readonly greeting?: string | undefined;
  readonly onRequest?: (asked: Asked) => void;
}

export const GREETING = JSON.stringify({ domstart: '0.1.0', protocol: 1, pid: 4711 });

/** A daemon that says what the test makes it say, over a real socket in a folder of its own. */
export async function controlServer(options: ServerOptions = {}): Promise<ControlServer> {
  const greeting = 'greeting' in options ? options.greeting : GREETING;
  const folder = mkdtempSync(join(tmpdir(), 'domstart-control-'));
  const path = join(folder, 'control');
  const lines: RequestLine[] = [];
  const sockets = new Set<Socket>();
  const watchers = new Set<() => void>();
  const look = () => {
    for (const watcher of watchers) watcher();
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      look();
    });
    if (greeting !== undefined) socket.write(`${greeting}\n`);
    const say = (line: object) => socket.write(`${JSON.stringify(line)}\n`);
    const input = createInterface({ input: socket }).on('error', () => {});
    input.on('line', (text) => {
      const line = JSON.parse(text) as RequestLine;
      lines.push(line);
      look();
      if ('cancel' in line) return;
      const { id, ...request } = line;
      options.onRequest?.({
        id,
        request: request as Request,
        socket,
        item: (item) => say({ id, item }),
        done: () => say({ id, done: true }),
        error: (error) => say({ id, error }),
      });
    });
  });
  server.listen(path);
  await once(server, 'listening');

  function until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const watcher = () => {
        if (!condition()) return;
        watchers.delete(watcher);
        resolve();
      };
      watchers.add(watcher);
      watcher();
    });
  }
  return {
    path,
    lines,
    came: (count) => until(() => lines.length >= count),
    left: () => until(() => sockets.size === 0),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Items as a daemon gives them. */
export function statusItem(
  job: string,
  status: Partial<Extract<Item, { kind: 'status' }>['status']> = {},
  more: Partial<Omit<Extract<Item, { kind: 'status' }>, 'kind' | 'status'>> = {},
): Item {
  return {
    kind: 'status',
    status: { job, instance: '', goal: 'stop', state: 'waiting', processes: [], ...status },
    dialect: 'init',
    ...more,
  };
}
