import { describe, expect, test } from 'vitest';
import {
  fateInList,
  isPausedInList,
  watchReleases,
} from '../../../src/domain/xen/release-watch.ts';
import { createXl } from '../../../src/domain/xen/xl.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** As `xl list -v 1` of Xen 4.17 prints it. */
const list = (state: string, reason: string) =>
  `Name                                        ID   Mem VCPUs\tState\tTime(s)   UUID                            Reason-Code\tSecurity Label
hello world                                  1    32     1     ${state}       3.0 11111111-2222-8333-8444-555555555555        ${reason}                -
`;

describe('xl list -v', () => {
  test.each([
    ['--p---', '-', undefined, true],
    ['-b----', '-', undefined, false],
    ['r-----', '-', undefined, false],
    ['---s--', '0', { kind: 'shutdown', code: 0 }, false],
    ['---sc-', '3', { kind: 'shutdown', code: 3 }, false],
  ])('%s with reason %s', (state, reason, fate, paused) => {
    expect(fateInList(list(state, reason), '1')).toEqual(fate);
    expect(isPausedInList(list(state, reason), '1')).toBe(paused);
  });

  test('says nothing of a domain that is not in it', () => {
    expect(fateInList(list('---s--', '0'), '7')).toBeUndefined();
    expect(fateInList('', '1')).toBeUndefined();
  });
});

test('where xl did not answer it is asked again: nobody else tells of an end', async () => {
  const clock = new ManualClock();
  const answers = [
    { ok: false, hung: true, text: '' },
    { ok: true, hung: false, text: list('---s--', '0') },
  ];
  let asked = 0;
  const call = async () => answers[asked++] ?? { ok: false, hung: false, text: 'asked too often' };
  const xl = { ...createXl({ command: 'xl', clock }), call };
  const watcher = watchReleases({ xl, clock, domid: '1', folder: '/nowhere' });
  await expect.poll(() => asked).toBe(1);
  await expect.poll(() => clock.armed).toBeGreaterThan(0);
  clock.turn(1000);
  expect(await watcher.over).toEqual({ kind: 'shutdown', code: 0 });
});
