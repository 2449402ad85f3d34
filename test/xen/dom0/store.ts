import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createXen } from '../../../src/domain/xen/hypervisor.ts';
import { findXenTools } from '../../../src/domain/xen/tools.ts';
import { toXenConfig } from '../../../src/language/xen/to-config.ts';
import { xenRequest } from '../../domain/xen/xen-request.ts';
import { systemClock } from '../../support/system-clock.ts';
import { xl } from './xl.ts';

/** The command line of a program that runs, and its pid. */
function find(program: RegExp): { pid: number; command: string[] } {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    if (program.test(command[0] ?? '')) return { pid: Number(pid), command };
  }
  throw new Error(`${program} does not run`);
}

/** Of no use is a Dom0 after it: nothing else is tested in this one. */
test('where xenstored is restarted a domain that runs is ended, and why is told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'domstart-test-'));
  const xen = createXen({ tools: findXenTools(), clock: systemClock, printConfig: toXenConfig });
  const kernel = '/guest/hello-pv';
  const image = { kernel, conservativeKernel: kernel, initrd: '/etc/hostname' };
  const started = Promise.withResolvers<void>();
  let printed = '';
  const domain = await xen.create(
    xenRequest(
      { memory: 32 },
      {
        ...{ id: 'store-00000001', folder, image: { ...image, cached: true, description: '' } },
        onConsole(bytes) {
          printed += Buffer.from(bytes).toString('latin1');
          if (printed.includes('GUEST-START')) started.resolve();
        },
      },
    ),
  );
  await started.promise;
  // It stands still as one that runs for long would go on.
  await domain.pause();
  const { pid, command } = find(/\/xenstored$/);
  process.kill(pid, 'SIGKILL');
  const [program = '', ...args] = command;
  spawn(program, args, { stdio: 'ignore', detached: true }).unref();
  expect(await domain.ended).toEqual({
    reason: 'failed',
    detail: expect.stringMatching(/^xenstored has lost what it knew of it/),
    hint: expect.stringMatching(/^restart this host/),
  });
  // What Xen's own console daemon holds of it is let go with that daemon.
  const rows = (await xl('list')).split('\n').filter((row) => / 32 /.test(row));
  expect(rows).toEqual([]);
  await rm(folder, { recursive: true });
});
