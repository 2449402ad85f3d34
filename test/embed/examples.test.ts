import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ANNOUNCEMENT_TYPES } from '../../src/engine/announcements.ts';
import { startProgram } from '../support/domstart.ts';

async function run(example: string): Promise<string> {
  const { status, stdout, stderr } = await startProgram(
    process.execPath,
    [resolve('examples', example)],
    { cwd: resolve('.'), env: process.env },
  ).finished;
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

test('jobs as texts, events as an iterator', async () => {
  expect((await run('events.ts')).trimEnd().split('\n')).toEqual([
    'fetch: fetching a.txt',
    'fetch is over',
    'index: indexing',
    'index is over',
    'report: done',
    'report is over',
  ]);
});

test('jobs as objects', async () => {
  expect((await run('objects.ts')).trimEnd().split('\n')).toEqual([
    'server: hello  world is ready',
    'server: running',
    'server: waiting',
  ]);
});

test('the machine that the guide shows is the one that the example draws', async () => {
  const guide = readFileSync('docs/embedding.md', 'utf8');
  expect(guide).toContain(`\`\`\`\n${await run('machine.ts')}\`\`\`\n`);
});

test('the guide names every type of announcement', () => {
  const guide = readFileSync('docs/embedding.md', 'utf8');
  const table = guide.slice(guide.indexOf('| type | what is told |'), guide.indexOf('## Errors'));
  expect(ANNOUNCEMENT_TYPES.filter((type) => !table.includes(`\`${type}\``))).toEqual([]);
});
