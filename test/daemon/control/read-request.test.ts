import { describe, expect, test } from 'vitest';
import { parseRequest } from '../../../src/daemon/control/read-request.ts';

const read = (value: unknown) => parseRequest(JSON.stringify(value));
const start = { id: 1, verb: 'start', job: 'j', env: ['A=1'], wait: true };

describe('a request', () => {
  test.each([
    start,
    { ...start, instance: '', more: ['k'] },
    { id: 2, verb: 'list' },
    { id: 3, verb: 'emit', event: 'go', env: [], arguments: ['x'], wait: false },
    { id: 3, verb: 'emit', event: 'go', env: [], from: { job: 'j', instance: '' }, wait: true },
    { id: 4, verb: 'show-config' },
    { id: 5, verb: 'set-env', variable: 'A=1', retain: false },
    { id: 6, verb: 'get-env', name: 'A', of: { job: 'j', instance: '1' } },
    { id: 7, verb: 'events', follow: true, types: ['goal'] },
    { id: 8, verb: 'console', job: 'j', instance: '', follow: false },
    { id: Number.MAX_SAFE_INTEGER, verb: 'version' },
  ])('%j is taken as it is', (request) => {
    expect(read(request)).toEqual(request);
  });

  test('a cancel needs no more than its id', () => {
    expect(read({ id: 9, cancel: true, verb: 'nonsense' })).toEqual({ id: 9, cancel: true });
  });
});

describe('what is none is refused, and says why', () => {
  test.each([
    ['', 'it is no JSON'],
    ['{"id":1,', 'it is no JSON'],
    ['[]', 'it is no object'],
    ['null', 'it is no object'],
    ['"start"', 'it is no object'],
    ['{"verb":"list"}', 'its id is no number from 1 on'],
    ['{"id":0,"verb":"list"}', 'its id is no number from 1 on'],
    ['{"id":1.5,"verb":"list"}', 'its id is no number from 1 on'],
    ['{"id":"1","verb":"list"}', 'its id is no number from 1 on'],
    ['{"id":9007199254740992,"verb":"list"}', 'its id is no number from 1 on'],
    ['{"id":1}', 'there is no verb in it'],
    ['{"id":1,"verb":"dance"}', 'there is no verb "dance"'],
    ['{"id":1,"verb":"toString"}', 'there is no verb "toString"'],
    ['{"id":1,"verb":7}', 'there is no verb 7'],
    ['{"id":1,"cancel":"yes"}', 'there is no verb in it'],
  ])('%s', (line, why) => {
    expect(() => parseRequest(line)).toThrow(
      expect.objectContaining({
        code: 'protocol-broken',
        message: `cannot understand the request: ${why}`,
      }),
    );
  });

  test.each([
    [{ ...start, job: undefined }, 'start: job is missing or no text'],
    [{ ...start, job: 1 }, 'start: job is missing or no text'],
    [{ ...start, env: 'A=1' }, 'start: env is missing or no texts'],
    [{ ...start, env: ['A=1', 2] }, 'start: env is missing or no texts'],
    [{ ...start, wait: 'yes' }, 'start: wait is missing or no flag'],
    [{ ...start, instance: null }, 'start: instance is missing or no text'],
    [{ id: 1, verb: 'get-env', name: 'A', of: 'j' }, 'get-env: of is missing or no scope'],
    [{ id: 1, verb: 'list-env', of: { job: 'j' } }, 'list-env: of is missing or no scope'],
  ])('%j', (request, why) => {
    expect(() => read(request)).toThrow(why);
  });
});
