import { expect, it } from 'vitest';
import { createMakeProgress } from '../../../src/host/kernel-build/make-progress.ts';

it('counts what make tells that it makes, each percent once, and leaves the last to the end', () => {
  const told: number[] = [];
  const onLine = createMakeProgress(200, (percent) => told.push(percent));
  onLine('make[1]: Entering directory');
  onLine('  CC      a.o');
  expect(told).toEqual([0]);
  onLine('  AR      built-in.a');
  onLine('  LD [M]  x.ko');
  onLine('Kernel: arch/x86/boot/bzImage is ready');
  expect(told).toEqual([0, 1]);
  for (let step = 0; step < 500; step++) onLine('  CC      b.o');
  expect(told).toEqual(Array.from({ length: 100 }, (_, index) => index));
});
