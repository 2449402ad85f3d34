import { expect, test } from 'vitest';
import { logLineOf } from '../../src/daemon/log-lines.ts';
import { DomstartError } from '../../src/model/errors.ts';

const run = { job: 'j', instance: '7', facts: {}, phases: [], startedAt: 0, endedAt: 1 };

test('a run that failed for want of something says what to do', () => {
  const error = new DomstartError('host-incapable', 'no kernel', { hint: 'run `domstart setup`' });
  expect(logLineOf({ type: 'result', told: { ...run, result: 'failed', error } })).toEqual({
    priority: 'warn',
    text: 'j (7) failed: no kernel (run `domstart setup`)',
  });
  expect(logLineOf({ type: 'result', told: { ...run, result: 'failed' } })).toBeUndefined();
});
