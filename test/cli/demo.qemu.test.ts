import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { commandLine, startProgram } from '../support/domstart.ts';

test('npm run demo sets up what is missing and runs the job of the report', async () => {
  await using cli = await commandLine();
  const { status, stdout, stderr } = await startProgram('npm', ['run', '-s', 'demo'], {
    cwd: resolve('.'),
    env: { ...process.env, DOMSTART_RUN: cli.runs },
  }).finished;
  expect(stderr).toMatch(/^setup: QEMU .*, kernel .*, busybox .*: ready$/m);
  expect(stdout).toMatch(/^rc-noklus 1\n[\s\S]*\nrc-noklus 2\n.*reboot: Power down\n$/);
  expect(stderr).toMatch(/^rc-noklus \(load\.sh\): exit status 0, /m);
  expect(status).toBe(0);
});
