import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureHost } from '../../src/host/ensure-host.ts';
import { readToolsRecord } from '../../src/host/tools-record.ts';
import type { HostTools } from '../../src/ports/host-tools.ts';

// These fetch Debian's packages for real, into a cache of their own.

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'domstart-fetch-'));
});
afterEach(() => rmSync(cache, { recursive: true }));

const MODULE = resolve(import.meta.dirname, '../../src/host/ensure-host.ts');
const PROGRAM = `import { ensureHost } from ${JSON.stringify(MODULE)};
  const tools = await ensureHost({
    cache: process.argv[1],
    signal: new AbortController().signal,
    onProgress: (text) => console.log('progress', text),
  });
  console.log('tools', JSON.stringify(tools));`;

function fetchIn(folder: string): ChildProcess {
  const args = ['--input-type=module-typescript', '-e', PROGRAM, folder];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
}

async function toolsOf(child: ChildProcess): Promise<HostTools> {
  if (child.stdout === null) throw new Error('no output');
  let tools: HostTools | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('tools ')) tools = JSON.parse(line.slice('tools '.length)) as HostTools;
  }
  if (tools === undefined) throw new Error('it ended without an answer');
  return tools;
}

function expectUsable({ kernel, busybox }: HostTools): void {
  expect(readFileSync(kernel.vmlinux).toString('latin1', 0, 4)).toBe('\x7fELF');
  expect(existsSync(kernel.bzImage)).toBe(true);
  expect(readdirSync(kernel.modulesFolder)).toContain('kernel');
  expect(readFileSync(busybox.path).toString('latin1', 0, 4)).toBe('\x7fELF');
}

describe('fetching what this host lacks', () => {
  it('is done by two processes at once, and both can use what comes out', async () => {
    const [one, two] = await Promise.all([fetchIn(cache), fetchIn(cache)].map(toolsOf));
    expect(one).toEqual(two);
    expectUsable(one as HostTools);
    expect(readdirSync(join(cache, 'tmp'))).toEqual([]);
    expect(readToolsRecord(cache)).toEqual(one);
  });

  it('killed in the middle leaves nothing that is used, and the next start sweeps up', async () => {
    const child = fetchIn(cache);
    const closed = once(child, 'close');
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      if (line.includes('unpacking')) break;
    }
    process.kill(-(child.pid as number), 'SIGKILL');
    await closed;
    expect(readdirSync(join(cache, 'tmp'))).toHaveLength(1);
    expect(existsSync(join(cache, 'packages'))).toBe(false);
    expect(readToolsRecord(cache)).toEqual({});

    const signal = new AbortController().signal;
    const tools = await ensureHost({ cache, signal, onProgress: () => {} });
    expectUsable(tools);
    expect(readdirSync(join(cache, 'tmp'))).toEqual([]);

    // A kernel that was damaged since is noticed and fetched again.
    truncateSync(tools.kernel.vmlinux, 1_000_000);
    expectUsable(await ensureHost({ cache, signal, onProgress: () => {} }));
  });

  it('gives way when it is cancelled, and leaves nothing', async () => {
    const stop = new AbortController();
    const fetching = ensureHost({ cache, signal: stop.signal, onProgress: () => stop.abort() });
    await expect(fetching).rejects.toMatchObject({ code: 'cancelled' });
    expect(readdirSync(join(cache, 'tmp'))).toEqual([]);
  });
});
