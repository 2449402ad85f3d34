import type { EnvScope, Request } from '../../daemon/control/protocol.ts';
import type { Call } from './parse-call.ts';

/** What a command asks the daemon for. */
export type Asked =
  | {
      readonly kind: 'requests';
      readonly requests: readonly Request[];
      /** At the same time; otherwise one after the other, up to the first that fails. */
      readonly together?: true;
    }
  | { readonly kind: 'usage'; readonly message: string };

export interface RequestContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The daemon has only jobs of Upstart 0.3, which take words that those of 1.x refuse. */
  readonly old: boolean;
}

/** Whether what the words mean depends on `RequestContext.old`. */
export function dependsOnAge({ verb, words, values }: Call): boolean {
  switch (verb) {
    case 'start':
    case 'stop':
    case 'status':
      return words.slice(1).some(isBare);
    case 'emit':
      return words.slice(1).some(isBare) && !values.has('env');
    case 'telinit':
      return true;
    default:
      return false;
  }
}

/** Pure: the requests for a command, or what is wrong with it, in Upstart's words. */
export function requestsOf(call: Call, context: RequestContext): Asked {
  const { verb, words, flags, values } = call;
  const [first, ...rest] = words;
  const { environment } = context;
  switch (verb) {
    case 'start':
    case 'stop':
    case 'restart':
    case 'reload':
    case 'status':
      return ofJobs(call, context);
    case 'emit': {
      if (first === undefined) return usage('missing event name');
      const wait = !flags.has('no-wait');
      const env = values.get('env');
      const event = { verb, event: first, wait, ...emitter(environment) };
      if (env === undefined && !context.old) return one({ ...event, env: rest });
      return one({ ...event, env: env ?? [], arguments: rest });
    }
    case 'telinit':
      return runlevel(call, context);
    case 'usage': {
      const job = first ?? ownInstance(environment)?.job;
      if (job === undefined) return usage('missing job name');
      return alone(rest, { verb, job });
    }
    case 'show-config':
      return alone(rest, { verb, ...(first === undefined ? {} : { job: first }) });
    case 'check-config':
      // One job is judged by what all of them are.
      return alone(rest, { verb: 'show-config' });
    case 'log-priority':
      return alone(rest, { verb, ...(first === undefined ? {} : { priority: first }) });
    case 'list':
    case 'reload-configuration':
    case 'version':
    case 'waiting':
      return alone(words, { verb });
    case 'events': {
      const types = values.get('type')?.flatMap((list) => list.split(',').filter(Boolean));
      // Nothing is kept of what was before, so there is only following.
      return alone(words, { verb, follow: true, ...(types === undefined ? {} : { types }) });
    }
    case 'console': {
      if (first === undefined) return usage('missing job name');
      const [instance = '', ...more] = rest;
      return alone(more, { verb, job: first, instance, follow: flags.has('follow') });
    }
    case 'get-env':
    case 'set-env':
    case 'unset-env':
    case 'list-env':
    case 'reset-env':
      return ofEnvironment({ ...call, verb }, context);
  }
}

type JobVerb = 'start' | 'stop' | 'restart' | 'reload' | 'status';

function ofJobs({ verb, words, flags }: Call, { environment, old }: RequestContext): Asked {
  const ask = (of: { job: string; env: readonly string[]; instance?: string }): Request => {
    const which = verb as JobVerb;
    if (which === 'reload' || which === 'status') return { verb: which, ...of };
    return { verb: which, wait: of.instance === undefined && !flags.has('no-wait'), ...of };
  };
  const [job, ...env] = words;
  if (job === undefined) {
    const own = ownInstance(environment);
    return own === undefined ? usage('missing job name') : one(ask({ ...own, env: [] }));
  }
  if (!old) return one(ask({ job, env }));
  const own = { job, env: [] };
  const first = ask(own);
  // What becomes of several jobs is told in the order in which it happens.
  if (first.verb === 'start' || first.verb === 'stop') {
    return one(env.length === 0 ? first : { ...first, more: env });
  }
  return {
    kind: 'requests',
    requests: words.map((name) => ask({ job: name, env: [] })),
    together: true,
  };
}

/** The instance whose process this runs in. That of a job of 0.3 has a number instead of a name. */
function ownInstance(environment: RequestContext['environment']) {
  const { UPSTART_JOB: job, UPSTART_INSTANCE: name, UPSTART_JOB_ID: number } = environment;
  const instance = name ?? (number === undefined ? undefined : '');
  return job === undefined || instance === undefined ? undefined : { job, instance };
}

function emitter(environment: RequestContext['environment']) {
  const from = ownInstance(environment);
  return from === undefined ? {} : { from };
}

/** Nobody waits for a runlevel: whoever changes it is stopped by it. */
function runlevel({ words, values }: Call, { environment, old }: RequestContext): Asked {
  const [level] = words;
  if (level === undefined) return usage('missing runlevel');
  if (!/^[0-6SsQqUu]$/.test(level)) return usage(`illegal runlevel: ${level}`);
  const name = level.toUpperCase();
  if (name === 'Q') return one({ verb: 'reload-configuration' });
  if (name === 'U') return usage('the daemon does not execute itself again; stop it and start it');
  const more = values.get('env') ?? [];
  const from = emitter(environment);
  const emit = { verb: 'emit', event: 'runlevel', wait: false, ...from } as const;
  if (old) return one({ ...emit, env: more, arguments: [name] });
  const former = environment['RUNLEVEL'] || 'N';
  return one({ ...emit, env: [`RUNLEVEL=${name}`, `PREVLEVEL=${former}`, ...more] });
}

type EnvVerb = 'get-env' | 'set-env' | 'unset-env' | 'list-env' | 'reset-env';

function ofEnvironment(
  { verb, words, flags }: Call & { readonly verb: EnvVerb },
  { environment }: RequestContext,
): Asked {
  const [first, ...rest] = words;
  if (first === undefined && verb === 'set-env') return usage('missing variable value');
  if (first === undefined && (verb === 'get-env' || verb === 'unset-env')) {
    return usage('missing variable name');
  }
  const of = flags.has('global') ? undefined : ownInstance(environment);
  if (!flags.has('global') && environment['UPSTART_JOB'] !== undefined && of === undefined) {
    return usage('missing job name');
  }
  const scope: EnvScope = of === undefined ? {} : { of };
  switch (verb) {
    case 'get-env':
      return alone(rest, { verb, name: first as string, ...scope });
    case 'set-env': {
      const retain = flags.has('retain');
      return {
        kind: 'requests',
        requests: words.map((variable) => ({ verb, variable, retain, ...scope })),
      };
    }
    case 'unset-env':
      return { kind: 'requests', requests: words.map((name) => ({ verb, name, ...scope })) };
    case 'list-env':
    case 'reset-env':
      return alone(words, { verb, ...scope });
  }
}

function isBare(word: string): boolean {
  return !word.includes('=');
}

function one(request: Request): Asked {
  return { kind: 'requests', requests: [request] };
}

/** Words that the command has no use for are a slip of the pen. */
function alone([word]: readonly string[], request: Request): Asked {
  return word === undefined ? one(request) : usage(`unexpected argument: ${word}`);
}

function usage(message: string): Asked {
  return { kind: 'usage', message };
}
