import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFile, usersFolder } from '../../../src/image/store/kinds.ts';
import { listCache } from '../../../src/image/store/list-cache.ts';
import { findEntry, type ObtainRequest, obtain } from '../../../src/image/store/obtain.ts';
import { pruneCache } from '../../../src/image/store/prune-cache.ts';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'domstart-store-'));
});
afterEach(() => rmSync(cache, { recursive: true }));

const KEY = '0123456789abcdef0123';
const never = new AbortController().signal;
type Made = { readonly text: string };

function request(own: Partial<ObtainRequest<Made>> = {}): ObtainRequest<Made> {
  return {
    cache,
    ...{ kind: 'bases', key: KEY, what: 'the base', signal: never, onProgress: () => {} },
    make: async (folder) => {
      await writeFile(join(folder, 'file'), 'whole');
      return { text: 'made' };
    },
    ...own,
  };
}

/** A process of its own that does the same, and says `made` and its progress in lines. */
function maker(body: string) {
  const module = resolve(import.meta.dirname, '../../../src/image/store/obtain.ts');
  const program = `import { obtain } from ${JSON.stringify(module)};
    import { writeFileSync } from 'node:fs';
    const [cache] = process.argv.slice(1);
    const got = await obtain({ cache, kind: 'bases', key: '${KEY}', what: 'the base',
      signal: new AbortController().signal, onProgress: (text) => console.log(text),
      make: async (folder) => { console.log('makes'); writeFileSync(folder + '/file', 'half'); ${body} } });
    console.log(got.cached ? 'cached' : 'made');
    await new Promise((resolve) => process.stdin.once('data', resolve));
    process.exit(0);`;
  const child = spawn(
    process.execPath,
    [
      '--input-type=module-typescript',
      '--disable-warning=ExperimentalWarning',
      '-e',
      program,
      cache,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  let text = '';
  child.stdout.on('data', (data: Buffer) => {
    text += data;
  });
  const said = async (line: string) => {
    while (!text.split('\n').includes(line)) await once(child.stdout, 'data');
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return { child, said, kill };
}

const HANGS = 'await new Promise(() => setInterval(() => {}, 1000));';

describe('an entry of the cache', () => {
  it('is made once and then found, with what its manifest says', async () => {
    using made = await obtain(request());
    using found = await obtain(request({ make: () => Promise.reject(new Error('again')) }));
    expect([made.cached, found.cached]).toEqual([false, true]);
    expect(found.manifest).toMatchObject({ kind: 'bases', key: KEY, text: 'made' });
    expect(readFileSync(join(found.folder, 'file'), 'utf8')).toBe('whole');
    expect(readdirSync(join(cache, 'tmp'))).toEqual([]);
  });

  it('is not there where making it failed, and nothing is left of it', async () => {
    const failing = obtain(request({ make: () => Promise.reject(new Error('no more')) }));
    await expect(failing).rejects.toThrow('no more');
    expect(await findEntry(request())).toBeUndefined();
    expect(readdirSync(join(cache, 'tmp'))).toEqual([]);
    expect(readdirSync(usersFolder(cache, request()))).toEqual([]);
  });

  it('is made anew where its manifest is damaged', async () => {
    (await obtain(request()))[Symbol.dispose]();
    writeFileSync(join(cache, 'bases', KEY, 'base.json'), '{');
    using made = await obtain(request());
    expect([made.cached, made.manifest.text]).toEqual([false, 'made']);
  });

  it('is made once where many of one process ask at once, and the others say that they wait', async () => {
    const told: string[] = [];
    let times = 0;
    const all = Array.from({ length: 5 }, () =>
      obtain(
        request({
          onProgress: (text) => told.push(text),
          make: async () => {
            times += 1;
            while (told.length < 4) await new Promise((done) => setImmediate(done));
            return { text: 'made' };
          },
        }),
      ),
    );
    const got = await Promise.all(all);
    expect(times).toBe(1);
    expect(told).toEqual(Array(4).fill('waits for another process that makes the base'));
    expect(got.filter(({ cached }) => !cached)).toHaveLength(1);
    for (const one of got) one[Symbol.dispose]();
  });

  it('is not waited for any more by whoever is cancelled', async () => {
    const other = maker(HANGS);
    await other.said('makes');
    const stop = new AbortController();
    const waiting = obtain(request({ signal: stop.signal, onProgress: () => stop.abort() }));
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    await other.kill();
  });
});

describe('another process', () => {
  it('is waited for, and taken over from when it is killed; nothing half-made is used', async () => {
    const dying = maker(HANGS);
    await dying.said('makes');
    let waits = () => {};
    const waiting = new Promise<void>((done) => {
      waits = done;
    });
    const got = obtain(request({ onProgress: () => waits() }));
    await waiting;
    expect(existsSync(join(cache, 'bases', KEY))).toBe(false);
    await dying.kill();
    using made = await got;
    expect([made.cached, readFileSync(join(made.folder, 'file'), 'utf8')]).toEqual([
      false,
      'whole',
    ]);
    expect(readdirSync(join(cache, 'tmp'))).toEqual([]);
  });

  it('keeps what it uses, until it is gone', async () => {
    const other = maker('return {};');
    await other.said('made');
    const first = await pruneCache({ cache });
    expect(first.removed).toEqual([]);
    expect(first.kept).toMatchObject([{ key: KEY, leases: 1 }]);
    await other.kill();
    expect(await listCache(cache)).toMatchObject([{ key: KEY, leases: 0 }]);
    expect((await pruneCache({ cache })).removed).toMatchObject([{ key: KEY }]);
    expect(readdirSync(join(cache, 'bases'))).toEqual([]);
    expect(readdirSync(join(cache, 'locks'))).toEqual([]);
  });
});

describe('prune', () => {
  const BASE = { kind: 'bases', key: 'b'.repeat(20) } as const;
  const DISK = { kind: 'disks', key: 'd'.repeat(20) } as const;
  const IMAGE = { kind: 'images', key: 'e'.repeat(20) } as const;
  const OTHER = { kind: 'bases', key: 'f'.repeat(20) } as const;
  const DAY = 86_400_000;

  async function put(
    own: Partial<ObtainRequest<Made>>,
    { days, bytes = 1000 }: { days: number; bytes?: number },
  ): Promise<void> {
    const make = async (folder: string) => {
      await writeFile(join(folder, 'file'), Buffer.alloc(bytes, 1));
      return { text: '' };
    };
    const made = await obtain(request({ ...own, make }));
    made[Symbol.dispose]();
    const time = new Date(Date.now() - days * DAY);
    utimesSync(join(made.folder, 'used'), time, time);
  }
  const keys = (entries: readonly { readonly key: string }[]) =>
    entries.map(({ key }) => key.slice(0, 1)).join('');

  beforeEach(async () => {
    await put(BASE, { days: 40, bytes: 100_000 });
    await put({ ...DISK, from: BASE }, { days: 30 });
    await put({ ...IMAGE, from: DISK }, { days: 2 });
    await put(OTHER, { days: 10 });
    // What busybox images are made from is beside them and no such entry.
    writeFileSync(join(cache, 'images', 'busybox-0123456789abcdef0123.cpio'), '');
  });

  it('lists what is there, used last first', async () => {
    const entries = await listCache(cache);
    expect(keys(entries)).toBe('efdb');
    expect(entries[3]?.bytes).toBeGreaterThan(100_000);
    expect(entries[0]?.manifest?.from).toEqual(DISK);
  });

  it('keeps what something that stays was made from', async () => {
    const { removed } = await pruneCache({ cache, olderThan: 5 * DAY });
    expect(keys(removed)).toBe('f');
    expect(keys(await listCache(cache))).toBe('edb');
  });

  it('removes a whole line, and takes the dry run at its word', async () => {
    const dry = await pruneCache({ cache, olderThan: DAY, dryRun: true });
    expect(keys(await listCache(cache))).toBe('efdb');
    const { removed, kept } = await pruneCache({ cache, olderThan: DAY });
    expect(keys(removed)).toBe(keys(dry.removed));
    expect([...keys(removed)].sort().join('')).toBe('bdef');
    expect(kept).toEqual([]);
    expect(existsSync(join(cache, 'images', 'busybox-0123456789abcdef0123.cpio'))).toBe(true);
  });

  it('takes only what is large enough', async () => {
    expect((await pruneCache({ cache, largerThan: 50_000 })).removed).toEqual([]);
    const { removed } = await pruneCache({ cache, largerThan: 500 });
    expect(removed).toHaveLength(4);
  });

  it('takes the oldest that may go until the limit is kept', async () => {
    const all = (await listCache(cache)).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(keys((await pruneCache({ cache, limit: all })).removed)).toBe('');
    expect(keys((await pruneCache({ cache, limit: all - 1 })).removed)).toBe('f');
    expect(keys((await pruneCache({ cache, limit: 120_000 })).removed)).toBe('ed');
  });

  it('keeps what is in use and what that was made from', async () => {
    using _image = await findEntry<Made>({ cache, ...IMAGE });
    expect(keys((await pruneCache({ cache })).removed)).toBe('f');
  });

  it('never removes an entry under whoever asks for it at the same moment', async () => {
    for (let round = 0; round < 30; round++) {
      const [got] = await Promise.all([obtain(request(OTHER)), pruneCache({ cache })]);
      expect(existsSync(join(got.folder, 'file'))).toBe(true);
      got[Symbol.dispose]();
    }
  });

  it('removes what was left beside entries that were never made', async () => {
    const failing = obtain(request({ make: () => Promise.reject(new Error('no more')) }));
    await expect(failing).rejects.toThrow('no more');
    expect(existsSync(lockFile(cache, request()))).toBe(true);
    await pruneCache({ cache });
    expect(readdirSync(join(cache, 'locks'))).toEqual([]);
    expect(readdirSync(join(cache, 'bases'))).toEqual([]);
  });

  it('leaves alone what somebody is making', async () => {
    let remaining: string[] = [];
    const make = async () => {
      await pruneCache({ cache });
      remaining = readdirSync(join(cache, 'locks'));
      return { text: 'made' };
    };
    using made = await obtain(request({ make }));
    expect(remaining).toEqual([`bases-${KEY}`]);
    expect(made.cached).toBe(false);
  });
});
