import { expect, test } from 'vitest';
import { judge } from '../../src/domain/ending.ts';

test.each([
  ['what the hypervisor advises', { hint: 'restart this host' }, /^restart this host$/],
  ['or else that the host ended it', {}, /^the host ended it, not the guest/],
])('a domain that was lost: %s', (_, advice, hint) => {
  const end = { reason: 'failed', detail: 'it is gone', ...advice } as const;
  const life = { name: 'a', order: undefined, exitStatus: undefined, lastLines: [] };
  expect(judge({ ...life, end, initSeen: true })).toMatchObject({
    kind: 'failed',
    error: { code: 'domain-lost', hint: expect.stringMatching(hint) },
  });
});
