import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { collectText, startProgram } from '../../../src/domain/xen/program.ts';
import { isAlive } from '../../support/alive.ts';

/** Starts this script, and kills it once it has said the number of a child of its own. */
async function killed(script: string): Promise<{ readonly child: number; readonly end: object }> {
  const program = startProgram(['sh', '-c', script]);
  const text = collectText(program);
  await expect.poll(text).toMatch(/^\d+\n/);
  program.kill();
  program.kill();
  return { child: Number.parseInt(text(), 10), end: await program.closed };
}

test('a kill ends what it has started as well', async () => {
  const { child, end } = await killed('sleep 1000 & echo $!; wait');
  expect(end).toEqual({ status: null, signal: 'SIGKILL' });
  await expect.poll(() => isAlive(child)).toBe(false);
});

test('who has left its group and holds its outputs is not waited for', async () => {
  const { child, end } = await killed('setsid sleep 1000 & echo $!; wait');
  expect(end).toEqual({ status: null, signal: 'SIGKILL' });
  expect(isAlive(child)).toBe(true);
  process.kill(child, 'SIGKILL');
});

test('one that is over already and left its outputs to somebody is let go', async () => {
  const { child, end } = await killed('setsid sleep 1000 & echo $!');
  expect(end).toEqual({ status: 0, signal: null });
  process.kill(child, 'SIGKILL');
});

test('what cannot be started says why', async () => {
  expect(await startProgram(['/no/such']).closed).toMatchObject({ failure: { code: 'ENOENT' } });
  const script = join(import.meta.dirname, '../fixtures/no-descriptors.ts');
  const { stdout } = spawnSync('prlimit', ['--nofile=60:60', process.execPath, script], {
    encoding: 'utf8',
  });
  expect(stdout).toBe('EMFILE\nundefined\n');
});
