import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { terminateJob } from '../../src/domain/qemu/shutdown.ts';
import { ManualClock } from '../support/manual-clock.ts';

function rig() {
  const clock = new ManualClock();
  const said: string[] = [];
  const console = new PassThrough({ encoding: 'utf8' });
  console.on('data', (text: string) => said.push(text));
  const qmp = {
    ready: Promise.resolve(),
    async execute(command: string, args?: object) {
      said.push(`${command} ${JSON.stringify(args)}`);
      throw new Error('gone');
    },
  };
  return { clock, said, shutdown: terminateJob({ qmp, console, clock }) };
}

const BREAK = 'chardev-send-break {"id":"console"}';

describe('asking the job of a guest to end', () => {
  test('is a break and, not at once, a key; again until the guest is gone', () => {
    const { clock, said, shutdown } = rig();
    shutdown.ask();
    shutdown.ask();
    expect(said).toEqual([BREAK]);
    clock.turn(100);
    expect(said).toEqual([BREAK, 'e']);
    clock.turn(1100);
    expect(said).toEqual([BREAK, 'e', BREAK, 'e']);
    shutdown.stop();
    clock.turn(10_000);
    expect(said).toHaveLength(4);
    expect(clock.armed).toBe(0);
  });

  test('that is gone already does nothing', () => {
    const { clock, said, shutdown } = rig();
    shutdown.stop();
    shutdown.ask();
    expect(said).toEqual([]);
    expect(clock.armed).toBe(0);
  });
});
