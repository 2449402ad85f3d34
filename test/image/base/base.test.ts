import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findExecutable } from '../../../src/system/find-executable.ts';
import { type FakeArchive, fakeArchive, processesNaming } from './fake-archive.ts';

let archive: FakeArchive;
beforeEach(() => {
  archive = fakeArchive();
});
afterEach(() => archive[Symbol.dispose]());

const temporaries = () => readdirSync(join(archive.cache, 'tmp'));

describe('a base of debootstrap', () => {
  it('is made once, with a manifest that says of what', async () => {
    using made = await archive.obtain();
    using found = await archive.obtain();
    expect([made.cached, found.cached, archive.builds()]).toEqual([false, true, 1]);
    expect(found.manifest).toMatchObject({
      key: made.key,
      source: { kind: 'debootstrap', suite: 'test' },
      epoch: Date.UTC(2024, 0, 1) / 1000,
      tool: { name: 'mmdebstrap', version: '0.0.1' },
      archive: { releases: [{ codename: 'test' }] },
      packages: [{ name: 'base-files', version: '1', architecture: 'amd64' }],
    });
    expect(temporaries()).toEqual([]);
    expect(archive.told).toEqual([
      'mmdebstrap makes the base test',
      ...['step 1', 'step 2', 'step 3', 'step 4', 'step 5'],
    ]);
  });

  it('is the same bytes when it is made again', async () => {
    const first = readFileSync((await archive.obtain()).tar);
    const again = await archive.obtain({ cache: join(archive.folder, 'other') });
    expect(again.cached).toBe(false);
    expect(readFileSync(again.tar).equals(first)).toBe(true);
  });

  it('is another one where the archive has other packages, not where it was only signed anew', async () => {
    const first = await archive.obtain();
    archive.release({ digest: 'b', day: 9 });
    const second = await archive.obtain();
    expect(second.cached).toBe(false);
    expect(second.key).not.toBe(first.key);
    expect((await archive.obtain({ mayFetch: false })).key).toBe(second.key);
  });

  it('is another one with other packages, in whatever order they are named', async () => {
    const plain = await archive.obtain();
    const one = await archive.obtain({ packages: ['b', 'a'] });
    const other = await archive.obtain({ packages: ['a', 'b', 'a'] });
    expect([one.cached, other.cached, one.key === plain.key]).toEqual([false, true, false]);
  });

  it('is not looked for in the archive where nothing may be fetched', async () => {
    await expect(archive.obtain({ mayFetch: false, jobFile: 'my.conf' })).rejects.toMatchObject({
      code: 'base-missing',
      message: 'there is no base test in the cache yet',
      hint: 'run `domstart image build my.conf`, once',
    });
    const made = await archive.obtain();
    archive.release({ digest: 'b', day: 2 });
    const found = await archive.obtain({ mayFetch: false });
    expect([found.cached, found.key, archive.builds()]).toEqual([true, made.key, 1]);
  });

  it('is made once where two ask at once', async () => {
    const [one, other] = await Promise.all([archive.obtain(), archive.obtain()]);
    expect(one.key).toBe(other.key);
    expect([one.cached, other.cached].sort()).toEqual([false, true]);
    expect(archive.builds()).toBe(1);
  });
});

describe('a mirror', () => {
  it('that does not answer is an error after the time limit', async () => {
    await using mirror = await silentMirror();
    archive.sources(`deb [trusted=yes] ${mirror.url} test main\n`);
    await expect(archive.obtain({ timeLimit: 1 })).rejects.toMatchObject({
      code: 'host-incapable',
      message: `cannot look for news of test: ${mirror.url} does not answer`,
    });
    expect(processesNaming(archive.folder)).toEqual([]);
    expect(temporaries()).toEqual([]);
  });

  it('that does not answer is told where there is a base, and the base is used', async () => {
    await using mirror = await silentMirror();
    archive.sources(`deb [trusted=yes] ${mirror.url} test main\n`);
    mirror.answer(readFileSync(join(archive.folder, 'mirror/dists/test/Release'), 'utf8'));
    const made = await archive.obtain();
    mirror.fallSilent();
    archive.told.length = 0;
    const found = await archive.obtain({ timeLimit: 1 });
    expect([found.cached, found.key]).toEqual([true, made.key]);
    expect(archive.told).toEqual([`${mirror.url} does not answer: takes the base that is there`]);
  });

  it('that is not there is an error', async () => {
    await using mirror = await silentMirror();
    const { url } = mirror;
    await mirror[Symbol.asyncDispose]();
    archive.sources(`deb [trusted=yes] ${url} test main\n`);
    await expect(archive.obtain()).rejects.toMatchObject({
      message: `cannot look for news of test: ${url} does not answer`,
    });
  });

  it('that does not have the suite is named with it', async () => {
    const source = { kind: 'debootstrap', suite: 'wurm' } as const;
    await expect(archive.obtain({ source })).rejects.toMatchObject({
      code: 'job-invalid',
      message: `cannot look for news of wurm: there is no suite wurm at file:${archive.folder}/mirror`,
    });
  });

  it('whose keys are not here is an error that names the package with keys', async () => {
    archive.sources(`deb file:${archive.folder}/mirror test main\n`);
    await expect(archive.obtain()).rejects.toMatchObject({
      code: 'host-incapable',
      message: expect.stringContaining('are not on this host'),
      hint: expect.stringContaining('debian-archive-keyring'),
    });
  });
});

describe('a build that fails', () => {
  it.each([
    ['E: Unable to locate package nosuch', 'job-invalid', 'there is no package nosuch in test'],
    [
      "E: Package 'old' has no installation candidate",
      'job-invalid',
      'there is no package old in test',
    ],
    [
      "E: Version '99' for 'bash' was not found",
      'job-invalid',
      'there is no version 99 of bash in test',
    ],
    ['tar: x: Cannot write: No space left on device', 'host-io', 'no space left'],
    [`No space left on device\n${'and so on\n'.repeat(50)}E: failed`, 'host-io', 'no space left'],
    ['tar: ./x: Wrote only 6144 of 10240 bytes', 'host-io', 'no space left'],
    ['E: something else', 'host-incapable', 'E: something else'],
  ])('with %j says so', async (complaint, code, message) => {
    vi.stubEnv('FAKE_FAIL', complaint);
    const failing = archive.obtain();
    await expect(failing).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(temporaries()).toEqual([]);
    vi.stubEnv('FAKE_FAIL', '');
    expect((await archive.obtain()).cached).toBe(false);
  });

  it('for want of a tool names the package', async () => {
    const bin = join(archive.folder, 'bin');
    mkdirSync(bin);
    for (const tool of ['apt-get', 'dpkg', 'tar', 'sh', 'env']) {
      symlinkSync(findExecutable(tool) as string, join(bin, tool));
    }
    vi.stubEnv('PATH', bin);
    await expect(archive.obtain({ tool: 'mmdebstrap' })).rejects.toMatchObject({
      code: 'host-incapable',
      message: 'this host lacks mmdebstrap, which makes bases',
      hint: '`apt-get install mmdebstrap`',
    });
  });

  // A file system of its own takes root.
  it.runIf(process.getuid?.() === 0).each([
    ['that says so', { FAKE_FILL: '8' }],
    ['that waits for ever then', { FAKE_FILL: '8', FAKE_WAIT: 'yes' }],
  ])('for want of space, with a tool %s, leaves nothing', async (_, fake) => {
    const [script = '', ...args] = obtainCommand();
    const small = `mount -t tmpfs -o size=4m none "$1" && shift && "$@"; ls "${archive.cache}/tmp" "${archive.cache}/bases"`;
    mkdirSync(archive.cache);
    const child = spawn(
      'unshare',
      ['--mount', 'sh', '-c', small, 'sh', archive.cache, script, ...args],
      {
        env: { ...process.env, ...fake },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const text = (await child.stdout.toArray()).join('');
    expect(text).toContain('host-io: cannot make the base test: no space left');
    expect(text).toMatch(/bases:\n[0-9a-f]{20}\.users\n\n.*tmp:\n$/s);
  });
});

describe('a build that is ended', () => {
  it.each([1, 2, 3, 4, 5])(
    'by kill -9 at step %i leaves no process and is made anew',
    async (step) => {
      const child = startObtain({ FAKE_STOP: String(step) });
      await said(child, `step ${step}`);
      expect(processesNaming(archive.folder).length).toBeGreaterThan(1);
      const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
      child.kill('SIGKILL');
      await once(child, 'exit');
      await vi.waitFor(() => expect(processesNaming(archive.folder)).toEqual([]), 20_000);
      expect(mounts).not.toContain(archive.folder);
      expect(
        readdirSync(join(archive.cache, 'bases')).filter((name) => !name.includes('.')),
      ).toEqual([]);
      expect((await archive.obtain()).cached).toBe(false);
      expect(temporaries()).toEqual([]);
    },
  );

  it.each([1, 3, 5])('by its signal at step %i leaves nothing', async (step) => {
    vi.stubEnv('FAKE_STOP', String(step));
    const stop = new AbortController();
    const onProgress = (text: string) => text === `step ${step}` && stop.abort();
    const ended = archive.obtain({ signal: stop.signal, onProgress });
    await expect(ended).rejects.toMatchObject({ code: 'cancelled' });
    await vi.waitFor(() => expect(processesNaming(archive.folder)).toEqual([]), 20_000);
    expect(temporaries()).toEqual([]);
    expect(existsSync(join(archive.cache, 'bases'))).toBe(true);
    expect(readdirSync(join(archive.cache, 'bases')).filter((name) => !name.includes('.'))).toEqual(
      [],
    );
  });
});

function obtainCommand(): string[] {
  const script = resolve(import.meta.dirname, 'fixtures/obtain.ts');
  return [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    script,
    archive.cache,
    archive.apt,
  ];
}

function startObtain(env: Record<string, string>): ChildProcess {
  const [file = '', ...args] = obtainCommand();
  return spawn(file, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function said(child: ChildProcess, line: string): Promise<void> {
  let text = '';
  for await (const data of child.stdout ?? []) {
    text += data;
    if (text.split('\n').includes(line)) return;
  }
  throw new Error(`never said ${line}: ${text}`);
}

/** Takes connections and says nothing, or answers every question for a Release with a text. */
async function silentMirror() {
  let release: string | undefined;
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      if (release === undefined) return;
      for (const [, path = ''] of data.toString().matchAll(/^GET (\S+)/gm)) {
        const body = path.endsWith('/Release') ? release : '';
        const status = body === '' ? '404 Not Found' : '200 OK';
        socket.write(`HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    answer: (text: string) => {
      release = text;
    },
    fallSilent: () => {
      release = undefined;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((done) => server.close(done));
    },
  };
}
