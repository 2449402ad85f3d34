import { DomstartError } from '../../model/errors.ts';
import { DOMAIN_ACTIONS, type Request, type RequestLine } from './protocol.ts';

type Kind = 'action' | 'text' | 'texts' | 'flag' | 'scope';
type Shape = Readonly<Record<string, Kind | `${Kind}?`>>;

const OF_JOB = { job: 'text', instance: 'text?', env: 'texts' } as const;

/** What each request has to hold. */
const SHAPES: Readonly<Record<Request['verb'], Shape>> = {
  version: {},
  start: { ...OF_JOB, wait: 'flag', more: 'texts?' },
  stop: { ...OF_JOB, wait: 'flag', more: 'texts?' },
  restart: { ...OF_JOB, wait: 'flag' },
  reload: OF_JOB,
  status: OF_JOB,
  usage: { job: 'text' },
  list: {},
  emit: { event: 'text', env: 'texts', arguments: 'texts?', from: 'scope?', wait: 'flag' },
  'reload-configuration': {},
  'show-config': { job: 'text?' },
  'log-priority': { priority: 'text?' },
  'get-env': { name: 'text', of: 'scope?' },
  'unset-env': { name: 'text', of: 'scope?' },
  'set-env': { variable: 'text', retain: 'flag', of: 'scope?' },
  'list-env': { of: 'scope?' },
  'reset-env': { of: 'scope?' },
  events: { follow: 'flag', types: 'texts?' },
  console: { job: 'text', instance: 'text', follow: 'flag' },
  waiting: {},
  domains: {},
  domain: { action: 'action', domain: 'text' },
  type: { domain: 'text', text: 'text' },
  'watch-domain': { domain: 'text' },
  'save-domain': { domain: 'text', folder: 'text' },
  'migrate-domain': { domain: 'text', host: 'text', command: 'text?' },
  'restore-domain': { folder: 'text', keep: 'flag?' },
  spools: {},
  'cancel-file': { spool: 'text', name: 'text' },
};

const CHECKS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  action: (value) => DOMAIN_ACTIONS.some((action) => action === value),
  text: isText,
  texts: (value) => Array.isArray(value) && value.every(isText),
  flag: (value) => typeof value === 'boolean',
  scope: (value) => isObject(value) && isText(value['job']) && isText(value['instance']),
};

/** One line of a client's, checked. Throws `protocol-broken` with what is wrong with it. */
export function parseRequest(line: string): RequestLine {
  const value = parse(line);
  if (!isObject(value)) throw broken('it is no object');
  const { id, verb } = value;
  if (!Number.isSafeInteger(id) || (id as number) < 1)
    throw broken('its id is no number from 1 on');
  if (value['cancel'] === true) return { id: id as number, cancel: true };
  if (!isText(verb) || !Object.hasOwn(SHAPES, verb)) {
    throw broken(`there is no verb ${JSON.stringify(verb) ?? 'in it'}`);
  }
  for (const [key, wanted] of Object.entries(SHAPES[verb as Request['verb']])) {
    const kind = wanted.replace('?', '') as Kind;
    if (value[key] === undefined && wanted.endsWith('?')) continue;
    if (!CHECKS[kind](value[key])) throw broken(`${verb}: ${key} is missing or no ${kind}`);
  }
  return value as unknown as RequestLine;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw broken('it is no JSON');
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function broken(why: string): DomstartError {
  return new DomstartError('protocol-broken', `cannot understand the request: ${why}`);
}
