import { expect, test } from 'vitest';
import { statusOfRun } from '../../src/embed/exit-status.ts';

test.each([
  ['nothing ran', {}, undefined],
  ['its main process ended', { ending: { kind: 'exited', status: 3 } }, 3],
  ['a signal killed it', { ending: { kind: 'signalled', signal: 'TERM' } }, 143],
  ['a signal without a name', { ending: { kind: 'signalled', signal: '40' } }, 168],
  ['pre-start failed it', { failedEnding: { kind: 'exited', status: 4 } }, 4],
  [
    'post-stop failed it after a good end',
    { ending: { kind: 'exited', status: 0 }, failedEnding: { kind: 'exited', status: 5 } },
    5,
  ],
] as const)('%s', (_name, run, status) => {
  expect(statusOfRun(run)).toBe(status);
});
