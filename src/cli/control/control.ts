import { type ControlClient, connectToDaemon } from '../../daemon/control/client.ts';
import type { Request } from '../../daemon/control/protocol.ts';
import { socketPath } from '../../daemon/control/socket-path.ts';
import { DomstartError, toDomstartError } from '../../model/errors.ts';
import { EXIT } from '../exit-codes.ts';
import { outputPace, tolerateClosedStreams } from '../output.ts';
import { type AnswerView, createJsonView, createTextView, type Outlet } from './answer-view.ts';
import { complain, reportError, reportUsage } from './complaints.ts';
import { consoleWriter } from './console-writer.ts';
import { type Call, parseCall } from './parse-call.ts';
import { type Asked, dependsOnAge, type RequestContext, requestsOf } from './requests.ts';
import type { Speaker } from './speaker.ts';
import { stopWaitingOnSignals } from './stop-waiting.ts';

/**
 * One command for a running daemon: asks it, prints what it answers as Upstart's initctl does, and
 * gives the exit status.
 */
export async function control(typed: readonly string[], speaker: Speaker): Promise<number> {
  tolerateClosedStreams();
  const parsed = parseCall(typed, speaker);
  switch (parsed.kind) {
    case 'usage':
      return reportUsage(speaker, parsed.message);
    case 'help':
    case 'version': {
      const { printHelp, printVersion } = await import('./help.ts');
      if (parsed.kind === 'version') printVersion(speaker);
      else printHelp(speaker, parsed.verb);
      return EXIT.ok;
    }
    case 'notice':
      return EXIT.ok;
    case 'call':
      return callDaemon(parsed.call, speaker);
  }
}

async function callDaemon(call: Call, speaker: Speaker): Promise<number> {
  const context = { environment: process.env, old: false };
  const asked = requestsOf(call, context);
  if (asked.kind === 'usage') return reportUsage(speaker, asked.message);
  const interrupt = stopWaitingOnSignals();
  const { signal } = interrupt;
  try {
    const path = call.values.get('socket')?.at(-1) ?? socketPath(surroundings());
    using client = await connectToDaemon({ path, signal });
    const ages = dependsOnAge(call);
    const exact = ages ? requestsOf(call, await withAge(client, context, signal)) : asked;
    const view = await viewFor(call, client, outletOf(call, speaker));
    const failed = await askAll(client, exact, { call, view, speaker, signal });
    const bad = failed || (await view.end());
    return interrupt.status ?? (bad ? EXIT.failed : EXIT.ok);
  } catch (error) {
    return interrupt.status ?? reportError(speaker, call, toDomstartError(error));
  } finally {
    interrupt.forget();
  }
}

function surroundings() {
  return { environment: process.env, uid: process.getuid?.() ?? 0 };
}

/** Jobs of Upstart 0.3 alone are what makes a daemon speak as that does. */
async function withAge(
  client: ControlClient,
  context: RequestContext,
  signal: AbortSignal,
): Promise<RequestContext> {
  let old = false;
  for await (const item of client.request({ verb: 'list' }, { signal })) {
    if (item.kind !== 'status') continue;
    old = item.dialect === 'event.d';
    if (!old) break;
  }
  return { ...context, old };
}

interface Asking {
  readonly call: Call;
  readonly view: AnswerView;
  readonly speaker: Speaker;
  readonly signal: AbortSignal;
}

/** Whether any failed. */
async function askAll(client: ControlClient, asked: Asked, asking: Asking): Promise<boolean> {
  if (asked.kind === 'usage') throw new DomstartError('internal', asked.message);
  const { requests, together } = asked;
  if (together) {
    const failures = await Promise.all(requests.map((request) => ask(client, request, asking)));
    return failures.some(Boolean);
  }
  for (const request of requests) {
    if (await ask(client, request, asking)) return true;
  }
  return false;
}

async function ask(client: ControlClient, request: Request, asking: Asking): Promise<boolean> {
  const { call, view, speaker, signal } = asking;
  try {
    for await (const item of client.request(request, { signal })) {
      await view.show(item, request);
      await outputPace()?.catch(() => {});
    }
    return false;
  } catch (error) {
    const known = toDomstartError(error);
    if (known.code === 'cancelled' && signal.aborted) throw known;
    if (known.code === 'daemon-unreachable' || known.code === 'protocol-broken') throw known;
    reportError(speaker, call, known);
    return true;
  }
}

async function viewFor(call: Call, client: ControlClient, outlet: Outlet): Promise<AnswerView> {
  if (
    call.verb === 'check-config' ||
    (call.verb === 'show-config' && call.flags.has('enumerate'))
  ) {
    const { createCheckView, createEnumerateView } = await import('./config-view.ts');
    if (call.verb === 'check-config') return createCheckView(call, outlet);
    if (!call.flags.has('json')) return createEnumerateView(outlet);
  }
  return call.flags.has('json')
    ? createJsonView(client.greeting, outlet)
    : createTextView(call, outlet);
}

function outletOf({ flags }: Call, speaker: Speaker): Outlet {
  const quiet = flags.has('quiet');
  return {
    print: (line) => {
      if (!quiet) process.stdout.write(`${line}\n`);
    },
    write: quiet ? () => {} : consoleWriter(process.stdout),
    complain: (message) => complain(speaker, message),
  };
}
