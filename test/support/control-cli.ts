import { join, resolve } from 'node:path';
import { type Asked, type ControlServer, controlServer } from './control-server.ts';
import { type Started, startProgram } from './domstart.ts';

const root = resolve(import.meta.dirname, '../..');

/** `initctl` and `domstart` as a user runs them, and a scripted daemon that they find. */
export interface ControlCli extends AsyncDisposable {
  readonly server: ControlServer;
  start(line: string, options?: StartOptions): Started;
  /** What it printed and its exit status: `''` where there is nothing. */
  run(line: string, options?: StartOptions): Promise<{ out: string; err: string; status: number }>;
}

interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of the one in bin/. */
  readonly program?: string;
  readonly args?: readonly string[];
}

export async function controlCli(onRequest: (asked: Asked) => void): Promise<ControlCli> {
  const server = await controlServer({ onRequest });
  const start = (line: string, { env = {}, program, args }: StartOptions = {}) => {
    const [name = '', ...words] = line.split(' ');
    const { PATH = '' } = process.env;
    return startProgram(program ?? join(root, 'bin', name), args ?? words, {
      cwd: root,
      env: { PATH, NO_COLOR: '1', DOMSTART_SOCKET: server.path, ...env },
    });
  };
  return {
    server,
    start,
    async run(line, options) {
      const { stdout, stderr, status } = await start(line, options).finished;
      return { out: stdout, err: stderr, status: status ?? -1 };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
