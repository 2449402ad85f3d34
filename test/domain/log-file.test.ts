import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createConsoleLog } from '../../src/domain/console/log-file.ts';

let folder: string;
let file: string;
let errors: unknown[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'domstart-test-'));
  file = join(folder, 'console.log');
  errors = [];
});

afterEach(() => rm(folder, { recursive: true }));

const logTo = (path: string, limit: number) =>
  createConsoleLog({ file: path, limit, onError: (error) => errors.push(error) });

describe('the console log', () => {
  test('holds every line of a console within the limit', async () => {
    const log = logTo(file, 1000);
    const lines = Array.from({ length: 90 }, (_, i) => `line ${i}`);
    for (const line of lines) log.write(line);
    await log.close();
    await log.close();
    expect(await readFile(file, 'utf8')).toBe(`${lines.join('\n')}\n`);
    expect(errors).toEqual([]);
  });

  test('keeps the beginning and the end of a longer one, and says what is missing', async () => {
    const limit = 10_000;
    const log = logTo(file, limit);
    for (let i = 0; i < 100_000; i += 1) log.write(`line ${String(i).padStart(6, '0')}`);
    await log.close();
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    const gap = lines.findIndex((line) => line.includes('dropped'));
    expect(lines[0]).toBe('line 000000');
    expect(lines.at(-1)).toBe('line 099999');
    expect(lines[gap]).toBe(
      `[… ${12 * (100_000 - lines.length + 1)} bytes, ${100_000 - lines.length + 1} lines dropped …]`,
    );
    expect((await stat(file)).size).toBeLessThan(limit + 100);
  });

  test('a disk that fails ends the log and says so once', async () => {
    const log = logTo(join(folder, 'missing/console.log'), 1000);
    log.write('a');
    log.write('b');
    await log.close();
    expect(errors).toEqual([expect.objectContaining({ code: 'ENOENT' })]);
  });

  test('a console without a line leaves no file', async () => {
    await logTo(file, 1000).close();
    await expect(stat(file)).rejects.toThrow('ENOENT');
  });
});
