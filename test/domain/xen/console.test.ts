import { afterEach, beforeEach, expect, test } from 'vitest';
import { attachConsole, type XenConsole } from '../../../src/domain/xen/console.ts';
import { ManualClock } from '../../support/manual-clock.ts';

let clock: ManualClock;
let printed: string;
let onText: () => void;

beforeEach(() => {
  clock = new ManualClock();
  printed = '';
  onText = () => {};
});

afterEach(() => {
  expect(clock.armed).toBe(0);
});

/** A console whose reader is this script. */
function attach(script: string): XenConsole {
  return attachConsole({
    command: ['sh', '-c', script],
    clock,
    folder: '/nowhere',
    onBytes(bytes) {
      printed += Buffer.from(bytes).toString();
      onText();
    },
  });
}

const seen = (text: string) =>
  new Promise<void>((resolve) => {
    onText = () => printed.includes(text) && resolve();
    onText();
  });

test('where a reader ends another one goes on', async () => {
  const console = attach('echo reads');
  await expect.poll(() => clock.armed).toBe(1);
  expect(printed).toBe('reads\n');
  clock.turn(200);
  await expect.poll(() => clock.armed).toBe(1);
  expect(printed).toBe('reads\nreads\n');
  await console.close();
});

test('that nobody reads for a while is no end of what is drained', async () => {
  const console = attach('echo reads');
  await expect.poll(() => clock.armed).toBe(1);
  let drained = false;
  const drain = console.drain().then(() => {
    drained = true;
  });
  clock.turn(200);
  await expect.poll(() => printed).toBe('reads\nreads\n');
  expect(drained).toBe(false);
  // Now nobody will.
  await console.leave();
  await drain;
});

test('none does where the domain is about to be destroyed', async () => {
  const console = attach('echo reads; exec sleep 0.1');
  console.expectEnd();
  await seen('reads');
  await console.close();
  expect(clock.armed).toBe(0);
  expect(printed).toBe('reads\n');
});

test('a reader that came too late is ended', async () => {
  const console = attach('echo reads; exec sleep 1000');
  await seen('reads');
  const closed = console.close();
  clock.turn(1000);
  await closed;
});

test('a console is read to the end: at the last words of a kernel, or when it is quiet', async () => {
  const talking = attach("echo 'reboot: Power down'; exec sleep 1000");
  await seen('Power down');
  await talking.drain();
  const quiet = attach("printf 'no more'; exec sleep 1000");
  await seen('no more');
  const drained = quiet.drain();
  clock.turn(250);
  await drained;
  for (const console of [talking, quiet]) {
    const closed = console.close();
    clock.turn(1000);
    await closed;
  }
});
