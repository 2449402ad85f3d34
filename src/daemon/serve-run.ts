import type { Engine } from '../embed/engine.ts';
import { insideOf } from '../embed/engine-core.ts';
import { closeServer, listenAt } from './control/listen.ts';
import { type Item, PROTOCOL, type Request } from './control/protocol.ts';
import { createControlServer } from './control/server.ts';

/**
 * Answers the `initctl` of the jobs of a `domstart run` at a socket, where nobody else listens.
 * Disposing of it, after the engine is closed, ends what clients still follow. Throws `host-io`.
 */
export async function serveRun(options: {
  readonly engine: Engine;
  readonly path: string;
  /** Domstart's own. */
  readonly version: string;
}): Promise<AsyncDisposable> {
  const over = new AbortController();
  let answers: ReturnType<typeof load> | undefined;

  /** Most runs have no client, and would load this for nothing. */
  async function load() {
    const { createRunAnswers } = await import('./run-answers.ts');
    const { core, domains } = insideOf(options.engine);
    return createRunAnswers({ engine: core, domains, over: over.signal });
  }

  async function* answer(request: Request, signal: AbortSignal): AsyncGenerator<Item> {
    answers ??= load();
    yield* (await answers)(request, signal);
  }

  const server = createControlServer({
    greeting: { domstart: options.version, protocol: PROTOCOL, pid: process.pid },
    answer,
  });
  await listenAt(server, { path: options.path, hint: 'set DOMSTART_RUN to a folder of your own' });
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await closeServer(server);
    },
  };
}
