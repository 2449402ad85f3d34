import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureHost } from '../../src/host/ensure-host.ts';
import { readToolsRecord, writeToolsRecord } from '../../src/host/tools-record.ts';
import type { HostTools } from '../../src/ports/host-tools.ts';

let cache: string;
let tools: HostTools;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'domstart-record-'));
  for (const name of ['bz', 'vm', 'qemu', 'busybox']) writeFileSync(join(cache, name), name);
  mkdirSync(join(cache, 'modules'));
  tools = {
    qemu: { command: join(cache, 'qemu'), args: ['-L', 'x'], env: { A: 'b' }, version: '7.2' },
    kernel: {
      version: '6.1',
      bzImage: join(cache, 'bz'),
      vmlinux: join(cache, 'vm'),
      modulesFolder: join(cache, 'modules'),
    },
    busybox: { path: join(cache, 'busybox'), version: '1.35' },
  };
});
afterEach(() => rmSync(cache, { recursive: true }));

describe('the record of what this host has', () => {
  it('is all that is asked where everything is as it was', async () => {
    await writeToolsRecord(cache, tools);
    const told: string[] = [];
    const found = await ensureHost({
      cache,
      signal: new AbortController().signal,
      onProgress: (text) => told.push(text),
    });
    expect(found).toEqual(tools);
    expect(told).toEqual([]);
    expect(readdirSync(cache).filter((name) => name.startsWith('host-tools.json.'))).toEqual([]);
  });

  it.each<[keyof HostTools, string]>([
    ['kernel', 'vm'],
    ['qemu', 'qemu'],
    ['busybox', 'busybox'],
  ])('forgets %s, and only that, where %s was cut short', async (part, name) => {
    await writeToolsRecord(cache, tools);
    truncateSync(join(cache, name), 1);
    const known = readToolsRecord(cache);
    expect(known[part]).toBeUndefined();
    expect(Object.keys(known)).toHaveLength(2);
  });

  it('is done without in a cache that cannot be written to', async () => {
    await writeToolsRecord('/proc', tools);
    await writeToolsRecord(join(cache, 'qemu'), tools);
    expect(readToolsRecord('/proc')).toEqual({});
  });

  it.each(['', '{', 'null', '[]', '{"format":0}', '{"format":1}'])(
    'knows nothing where the file holds %j',
    (text) => {
      writeFileSync(join(cache, 'host-tools.json'), text);
      expect(readToolsRecord(cache)).toEqual({});
    },
  );
});
