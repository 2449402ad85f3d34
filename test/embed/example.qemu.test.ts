import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { commandLine, startProgram } from '../support/domstart.ts';

test('the example runs a job from code', async () => {
  await using cli = await commandLine();
  const { status, stdout, stderr } = await startProgram(
    process.execPath,
    [resolve('examples/embed.ts')],
    { cwd: resolve('.'), env: { ...process.env, DOMSTART_RUN: cli.runs } },
  ).finished;
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^rc-noklus 1\n/);
  expect(stdout).toMatch(/rc-noklus 2\n.*\nexit status 0, \d+ KiB in use in the guest\n$/);
  expect(status).toBe(0);
});
