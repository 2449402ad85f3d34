import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publish, sweepTemporaries, withTemporary } from '../../src/system/cache-entry.ts';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'domstart-cache-'));
});
afterEach(() => rmSync(cache, { recursive: true }));

async function make(text: string): Promise<void> {
  await withTemporary(cache, async (folder) => {
    await mkdir(join(folder, 'made'));
    writeFileSync(join(folder, 'made/text'), text);
    await publish(join(folder, 'made'), join(cache, 'things/one'));
  });
}

describe('a thing in the cache', () => {
  it('is the first that was published, and nothing else is left', async () => {
    await make('first');
    await make('second');
    expect(readFileSync(join(cache, 'things/one/text'), 'utf8')).toBe('first');
    expect(readdirSync(join(cache, 'tmp'))).toEqual([]);
  });

  it('is whole when many make it at once', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, index) => make(`text ${index}`)));
    expect(readFileSync(join(cache, 'things/one/text'), 'utf8')).toMatch(/^text \d$/);
    expect(readdirSync(join(cache, 'tmp'))).toEqual([]);
  });

  it('is not there where making it failed', async () => {
    const failing = withTemporary(cache, async (folder) => {
      writeFileSync(join(folder, 'half'), '');
      throw new Error('no more');
    });
    await expect(failing).rejects.toThrow('no more');
    expect(readdirSync(join(cache, 'tmp'))).toEqual([]);
  });
});

describe('what a killed process left', () => {
  it('is removed at the next start, and what a living one makes is not', async () => {
    const module = resolve(import.meta.dirname, '../../src/system/cache-entry.ts');
    const program = `import { withTemporary } from ${JSON.stringify(module)};
      await withTemporary(process.argv[1], async (folder) => {
        console.log(folder);
        await new Promise(() => setInterval(() => {}, 1000));
      });`;
    const args = ['--input-type=module-typescript', '-e', program, cache];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const folder = line.toString().trim();

    await sweepTemporaries(cache);
    expect(existsSync(folder)).toBe(true);
    child.kill('SIGKILL');
    await exited;
    expect(existsSync(folder)).toBe(true);
    await sweepTemporaries(cache);
    expect(existsSync(folder)).toBe(false);
  });
});
