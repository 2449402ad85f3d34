import { describe, expect, test } from 'vitest';
import { isHaltedForEver, watchForHalt } from '../../src/domain/qemu/halt-watch.ts';
import { ManualClock } from '../support/manual-clock.ts';

const HALTED = 'RIP=ffffffff81 RFL=00000046 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1';
const IDLE = 'RIP=ffffffff81 RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1';
const BUSY = 'EIP=00100020 EFL=00000046 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=0';

describe('registers of', () => {
  test.each([
    ['a halted processor', `CPU#0\r\n${HALTED}\r\nES =0000`, true],
    ['two halted processors', `CPU#0\r\n${HALTED}\r\n\r\nCPU#1\r\n${HALTED}`, true],
    ['one that waits for an interrupt', IDLE, false],
    ['one that works with interrupts off', BUSY, false],
    ['two of which one still works', `${HALTED}\r\n${BUSY}`, false],
    ['nothing at all', '', false],
  ])('%s', (_, registers, halted) => {
    expect(isHaltedForEver(registers)).toBe(halted);
  });
});

/** A monitor that tells these registers, one after the other; the last ones for ever. */
function watching(...answers: string[]) {
  const clock = new ManualClock();
  const seen = { looks: 0, halted: false };
  const watch = watchForHalt({
    clock,
    qmp: {
      ready: Promise.resolve(),
      async execute() {
        seen.looks += 1;
        return answers.length > 1 ? answers.shift() : answers[0];
      },
    },
    onHalted() {
      seen.halted = true;
    },
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { clock, watch, seen, settle };
}

describe('a guest under suspicion', () => {
  test('is looked at again until it stands still', async () => {
    const { clock, watch, seen, settle } = watching(BUSY, IDLE, HALTED);
    watch.suspect();
    for (const expected of [false, false, true]) {
      await settle();
      expect(seen.halted).toBe(expected);
      clock.turn(1000);
    }
    await settle();
    expect(seen.looks).toBe(3);
  });

  test('that never does is looked at more and more rarely, and not after its end', async () => {
    const { clock, watch, seen, settle } = watching(IDLE);
    watch.suspect();
    watch.suspect();
    for (let second = 0; second < 600; second += 1) {
      await settle();
      clock.turn(1000);
    }
    expect(seen.looks).toBeGreaterThan(5);
    expect(seen.looks).toBeLessThan(20);
    watch.stop();
    const before = seen.looks;
    watch.suspect();
    clock.turn(1e9);
    await settle();
    expect(seen.looks).toBe(before);
  });
});
