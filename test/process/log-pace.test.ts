import { expect, onTestFinished, test } from 'vitest';
import { createEngineCore } from '../../src/engine/engine.ts';
import { createProcessHost } from '../../src/process/process-host.ts';
import { systemClock } from '../../src/process/system-clock.ts';
import { jobOf } from '../support/job.ts';

test('a log that is behind holds the job back, and nothing of what it writes is lost', async () => {
  const gates: (() => void)[] = [];
  let written = 0;
  let isSlow = true;
  const engine = createEngineCore({
    ...createProcessHost({ clock: systemClock, consoleDevice: null }),
    clock: systemClock,
    environment: new Map([['PATH', '/usr/local/bin:/usr/bin:/bin']]),
    openLog: () => ({
      write: (bytes) => {
        written += bytes.length;
      },
      pace() {
        if (!isSlow) return undefined;
        const { promise, resolve } = Promise.withResolvers<void>();
        gates.push(resolve);
        return promise;
      },
    }),
  });
  onTestFinished(() => engine.close());
  const main = { kind: 'exec', text: 'head -c 1000000 /dev/zero' } as const;
  engine.define(jobOf('j', { task: true, console: 'log', processes: { main } }));
  const run = await engine.start('j');
  await expect.poll(() => gates.length).toBe(1);
  await new Promise((resolve) => setImmediate(resolve));
  // A pipe holds 64 KiB, and so does what is read at once.
  expect(written).toBeLessThanOrEqual(65_536);
  isSlow = false;
  gates[0]?.();
  expect(await run.result).toMatchObject({ result: 'ok' });
  expect(written).toBe(1_000_000);
});
