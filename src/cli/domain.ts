import { resolve } from 'node:path';
import { type ControlClient, connectToDaemon } from '../daemon/control/client.ts';
import type { DomainAction, DomainStatus, Request } from '../daemon/control/protocol.ts';
import { socketPath } from '../daemon/control/socket-path.ts';
import { DomstartError, messageOf, toDomstartError } from '../model/errors.ts';
import { neutralise } from '../model/terminal.ts';
import { stopWaitingOnSignals } from './control/stop-waiting.ts';
import { EXIT } from './exit-codes.ts';
import { fail, print, say } from './output.ts';
import { reachAll } from './owners.ts';
import { table } from './table.ts';

export interface DomainOptions {
  readonly socket?: string;
  readonly json?: true;
}

/** `domstart domain list`. */
export function list({ socket, json }: DomainOptions): Promise<number> {
  return withDomains(socket, async (domains, { owners }) => {
    if (json) {
      for (const { status, owner } of domains) print(domainJson(status, owner));
    } else if (domains.length > 0) {
      const head = ['NAME', 'JOB', 'STATE', 'SINCE (UTC)', 'HYPERVISOR', 'RUN'];
      for (const line of table([head, ...domains.map(({ status }) => row(status))])) print(line);
    } else {
      say(owners === 0 ? 'no domains: neither a daemon nor a run is there' : 'no domains');
    }
  });
}

export interface RestoreOptions extends DomainOptions {
  readonly keep?: true;
}

export interface MigrateOptions extends DomainOptions {
  readonly ssh?: string;
}

/** `domstart domain pause|unpause|shutdown|destroy NAME`. */
export function change(
  action: DomainAction,
  name: string,
  options: DomainOptions,
): Promise<number> {
  return ask(name, options, (domain) => ({ verb: 'domain', action, domain }));
}

/** `domstart domain console NAME`: shows it, and types what is written to our standard input. */
export function showConsole(name: string, { socket, json }: DomainOptions): Promise<number> {
  return withDomains(socket, async (domains, { signal }) => {
    const { status, owner } = findOne(domains, name);
    const left = new AbortController();
    using _typing = typeInto({ status, owner }, () => left.abort());
    const either = AbortSignal.any([signal, left.signal]);
    try {
      const watching = { verb: 'watch-domain', domain: status.id } as const;
      for await (const item of owner.request(watching, { signal: either })) {
        if (item.kind === 'line') print(json ? JSON.stringify({ line: item.text }) : item.text);
      }
    } catch (error) {
      if (!left.signal.aborted) throw error;
    }
  });
}

/** Line by line, as a terminal gives it. The end of a terminal is to leave; that of a file only ends it. */
function typeInto({ status, owner }: Found, onLeave: () => void): Disposable {
  const { stdin } = process;
  let last: Promise<unknown> = Promise.resolve();
  const onData = (bytes: Buffer) => {
    const request = { verb: 'type', domain: status.id, text: bytes.toString() } as const;
    last = last.then(async () => {
      for await (const _ of owner.request(request));
    });
    last = last.catch((error: unknown) => {
      say(`domstart: what was typed did not arrive: ${messageOf(error)}`);
    });
  };
  const onEnd = () => stdin.isTTY && onLeave();
  stdin.on('data', onData).on('end', onEnd);
  return {
    [Symbol.dispose]() {
      stdin.off('data', onData).off('end', onEnd);
      stdin.destroy();
    },
  };
}

/** `domstart domain save NAME DIR`. */
export function save(name: string, folder: string, options: DomainOptions): Promise<number> {
  const into = resolve(folder);
  return ask(name, options, (domain) => ({ verb: 'save-domain', domain, folder: into }));
}

/** `domstart domain migrate NAME HOST`. */
export function migrate(
  name: string,
  host: string,
  { ssh, ...options }: MigrateOptions,
): Promise<number> {
  const command = ssh === undefined ? {} : { command: ssh };
  return ask(name, options, (domain) => ({ verb: 'migrate-domain', domain, host, ...command }));
}

/** `domstart domain restore DIR`: by the daemon, which has the jobs. */
export async function restore(
  folder: string,
  { socket, json, keep }: RestoreOptions,
): Promise<number> {
  const { signal, forget } = stopWaitingOnSignals();
  try {
    const daemon = socketPath({ environment: process.env, uid: process.getuid?.() ?? 0 });
    using client = await connectToDaemon({ path: socket ?? daemon, signal });
    const from = resolve(folder);
    const request = { verb: 'restore-domain', folder: from, keep: keep === true } as const;
    for await (const _ of client.request(request, { signal }));
    if (json) print(JSON.stringify({ restored: from }));
    return EXIT.ok;
  } catch (error) {
    return fail(error);
  } finally {
    forget();
  }
}

/** Of the domain of that name. */
function ask(
  name: string,
  { socket, json }: DomainOptions,
  requestFor: (id: string) => Request,
): Promise<number> {
  return withDomains(socket, async (domains, { signal }) => {
    const one = findOne(domains, name);
    for await (const item of one.owner.request(requestFor(one.status.id), { signal })) {
      if (json && item.kind === 'domain') print(domainJson(item.domain, one.owner));
    }
  });
}

/** By its name, or its run. Throws `domain-unknown`. */
function findOne(domains: readonly Found[], name: string): Found {
  const found = domains.filter(({ status }) => status.id === name || status.name === name);
  const [one] = found;
  if (one === undefined) throw unknownDomain(name);
  if (found.length > 1) throw severalDomains(name, found);
  return one;
}

interface Found {
  readonly status: DomainStatus;
  readonly owner: ControlClient;
}

/** The domains of whoever has some here: the daemon, and every `domstart run` of this user. */
async function withDomains(
  socket: string | undefined,
  work: (
    domains: readonly Found[],
    of: { readonly owners: number; readonly signal: AbortSignal },
  ) => Promise<void>,
): Promise<number> {
  const interrupt = stopWaitingOnSignals();
  const { signal } = interrupt;
  using clients = new DisposableStack();
  try {
    const owners =
      socket === undefined
        ? await reachAll(signal)
        : [await connectToDaemon({ path: socket, signal })];
    for (const owner of owners) clients.use(owner);
    const found = await Promise.all(owners.map((owner) => domainsOf(owner, signal)));
    await work(found.flat(), { owners: owners.length, signal });
    return interrupt.status ?? EXIT.ok;
  } catch (error) {
    return interrupt.status ?? fail(error);
  } finally {
    interrupt.forget();
  }
}

async function domainsOf(owner: ControlClient, signal: AbortSignal): Promise<readonly Found[]> {
  const found: Found[] = [];
  try {
    for await (const item of owner.request({ verb: 'domains' }, { signal })) {
      if (item.kind === 'domain') found.push({ status: item.domain, owner });
    }
  } catch (error) {
    // It ends at this moment, or is a Domstart of before.
    const { code, message } = toDomstartError(error);
    if (code === 'cancelled') throw error;
    say(`domstart: process ${owner.greeting.pid} does not tell of its domains: ${message}`);
  }
  return found;
}

function row({ id, name, job, instance, state, until, since, hypervisor }: DomainStatus): string[] {
  const which = instance === '' ? job : `${job} (${instance})`;
  const time = new Date(since).toISOString().slice(0, 19).replace('T', ' ');
  const kept = until === undefined ? '' : ` ${secondsUntil(until)} s`;
  return [name, which, `${state}${kept}`, time, hypervisor, id].map(neutralise);
}

function secondsUntil(time: number): number {
  return Math.max(0, Math.round((time - Date.now()) / 1000));
}

function domainJson(domain: DomainStatus, { greeting }: ControlClient): string {
  return JSON.stringify({ ...domain, owner: greeting.pid });
}

function unknownDomain(name: string): DomstartError {
  return new DomstartError('domain-unknown', `no domain ${name} runs`, {
    hint: '`domstart domain list` shows those that do',
  });
}

function severalDomains(name: string, found: readonly Found[]): DomstartError {
  const runs = found.map(({ status }) => status.id).join(', ');
  return new DomstartError('domain-unknown', `${found.length} domains are called ${name}`, {
    hint: `name one by its run: ${runs}`,
  });
}
