import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readTar } from '../../../src/archive/read-tar.ts';
import { type BaseRequest, obtainBase } from '../../../src/image/base/base.ts';
import { processesNaming } from './fake-archive.ts';
import { makeTinyRoot } from './tiny-root.ts';

let folder: string;
let cache: string;
let told: string[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-layer-'));
  cache = join(folder, 'cache');
  told = [];
  await makeTinyRoot(join(folder, 'root'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function build(scripts: readonly string[], own: Partial<BaseRequest> = {}) {
  return obtainBase({
    ...{ cache, scripts, mayFetch: true, signal: new AbortController().signal },
    source: { kind: 'directory', path: join(folder, 'root') },
    onProgress: (text) => told.push(text),
    ...own,
  });
}

/** What is in a tar, by name; of files their text. */
async function contents(tar: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { entry, content } of readTar(tar)) {
    const text = entry.path === 'bin/busybox' ? [] : await Readable.from(content).toArray();
    found[entry.path] = entry.kind === 'file' ? Buffer.concat(text).toString() : entry.kind;
  }
  return found;
}

describe('image script', () => {
  it('runs inside, after the copies, in order; what it says is progress', async () => {
    const file = { kind: 'file', path: '/opt/text', mode: 0o644, content: 'copied' } as const;
    const base = await build(
      ['cat /opt/text > /one; echo said', 'cat /one > /two; ls /dev/null; id -u'],
      {
        copies: [{ kind: 'folder', path: '/opt', mode: 0o755 }, file],
      },
    );
    expect(await contents(base.tar)).toMatchObject({
      one: 'copied',
      two: 'copied',
      'opt/text': 'copied',
      'etc/resolv.conf': 'nameserver of the guest\n',
    });
    expect(told).toEqual([`packs ${folder}/root`, 'said', '/dev/null', '0']);
  });

  it('leaves nothing of the host or of the build in the guest', async () => {
    const before = await contents((await build([])).tar);
    const after = await contents((await build(['echo changed > /etc/resolv.conf.mine'])).tar);
    expect({ ...before, 'etc/resolv.conf.mine': 'changed\n' }).toEqual(after);
  });

  it('finds copies where the guest does: links say what they say inside, and the host is let be', async () => {
    const host = join(folder, 'host');
    mkdirSync(join(host, 'opt'), { recursive: true });
    mkdirSync(join(folder, 'root', host, 'opt'), { recursive: true });
    symlinkSync(join(host, 'opt'), join(folder, 'root/opt'));
    const file = { kind: 'file', mode: 0o640, content: 'copied' } as const;
    const base = await build(['cat "/opt/a b/text" && echo; ls -l /opt/'], {
      copies: [
        { kind: 'folder', path: '/opt/new', mode: 0o750 },
        { ...file, path: '/opt/a b/text' },
        { kind: 'link', path: '/link', target: 'opt/a b/text' },
      ],
    });
    expect(told).toContainEqual(expect.stringMatching(/^drwxr-x---.* new$/));
    expect(told).toContain('copied');
    const inside = await contents(base.tar);
    expect(inside[`${host.slice(1)}/opt/a b/text`]).toBe('copied');
    expect(inside['link']).toBe('link');
    expect(readdirSync(join(host, 'opt'))).toEqual([]);
  });

  it.each(['var', 'etc', 'tmp'])('is not run where /%s leads out of the image', async (name) => {
    const host = join(folder, 'host');
    mkdirSync(host);
    for (const one of ['passwd-', 'machine-id', 'shadow']) writeFileSync(join(host, one), 'a:b:1:');
    rmSync(join(folder, 'root', name), { recursive: true, force: true });
    symlinkSync(host, join(folder, 'root', name));
    await expect(build(['echo run'])).rejects.toThrow(`/${name}`);
    expect(told).not.toContain('run');
    expect(readdirSync(host)).toEqual(['machine-id', 'passwd-', 'shadow']);
  });

  it('that makes a link out of the image changes nothing of the host', async () => {
    const host = join(folder, 'host');
    mkdirSync(host);
    for (const one of ['passwd-', 'machine-id', 'shadow']) writeFileSync(join(host, one), 'a:b:1:');
    await expect(build([`mv /etc /old; ln -s ${host} /etc`])).rejects.toThrow('leads out');
    const files = ['machine-id', 'shadow'].map(
      (one) => `rm -f /etc/${one}; ln -s ${host}/${one} /etc/`,
    );
    await build([files.join('\n')]);
    for (const one of ['passwd-', 'machine-id', 'shadow']) {
      expect(readFileSync(join(host, one), 'utf8')).toBe('a:b:1:');
    }
  });

  it('that writes /etc/resolv.conf is taken at its word', async () => {
    const after = await contents((await build(['echo mine > /etc/resolv.conf'])).tar);
    expect(after['etc/resolv.conf']).toBe('mine\n');
  });

  it('starts no service: policy-rc.d says 101', async () => {
    await build(['/usr/sbin/policy-rc.d || echo "status $?"']);
    expect(told).toContain('status 101');
  });

  it('gives the same bytes again, and another script does not make the base below again', async () => {
    const first = await build(['echo a > /a']);
    const other = await build(['echo b > /b']);
    expect(told.filter((text) => text.startsWith('packs'))).toHaveLength(1);
    expect(other.manifest.below).toBe(first.manifest.below);
    expect((await build(['echo a > /a'])).cached).toBe(true);
    const again = await build(['echo a > /a'], { cache: join(folder, 'other') });
    expect(again.key).toBe(first.key);
    expect(readFileSync(again.tar).equals(readFileSync(first.tar))).toBe(true);
  });

  it('that fails is one error with its line and what it said last', async () => {
    await expect(build(['echo fine', 'echo one\nnosuch --option\necho two'])).rejects.toMatchObject(
      {
        code: 'job-invalid',
        message: expect.stringMatching(
          /^`image script` 2 failed in its line 2:\n.* {2}one\n.*nosuch: not found$/s,
        ),
      },
    );
    expect(readdirSync(join(cache, 'tmp'))).toEqual([]);
    await expect(build(['echo one; exit 3'])).rejects.toMatchObject({
      message: '`image script` 1 failed:\n  one',
    });
  });

  it('is not run where nothing may be fetched', async () => {
    const failing = build(['echo a'], { mayFetch: false });
    await expect(failing).rejects.toMatchObject({
      code: 'base-missing',
      message: 'there is no base with these scripts in the cache yet',
    });
    await build(['echo a']);
    expect((await build(['echo a'], { mayFetch: false })).cached).toBe(true);
  });

  it('leaves no process behind that it has started, and packs nothing that one still writes', async () => {
    const base = await build([`sleep 1000 & while :; do echo ${folder}; done > /loop & sleep 0.1`]);
    expect(base.cached).toBe(false);
    await vi.waitFor(() => expect(processesNaming(folder)).toEqual([]), 20_000);
  });

  it('that is killed with all of us leaves neither process nor mount nor base', async () => {
    const program = `import { obtainBase } from ${JSON.stringify(resolve(import.meta.dirname, '../../../src/image/base/base.ts'))};
      await obtainBase({ cache: ${JSON.stringify(cache)}, mayFetch: true, signal: new AbortController().signal,
        source: { kind: 'directory', path: ${JSON.stringify(join(folder, 'root'))} },
        scripts: ['mount > /mounts; echo there; sleep 1000'], onProgress: (text) => console.log(text) });`;
    const args = [
      '--disable-warning=ExperimentalWarning',
      '--input-type=module-typescript',
      '-e',
      program,
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    for await (const data of child.stdout) {
      text += data;
      if (text.includes('there\n')) break;
    }
    const mounted = processesNaming(folder).map((pid) =>
      readFileSync(`/proc/${pid}/mountinfo`, 'utf8'),
    );
    expect(mounted.some((mounts) => mounts.includes(`${folder}/cache/tmp/`))).toBe(true);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(folder);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await vi.waitFor(() => expect(processesNaming(folder)).toEqual([]), 20_000);
    expect(mountsAnywhere()).not.toContain(folder);
    const base = await build(['echo a > /a']);
    expect(base.cached).toBe(false);
    expect(readdirSync(join(cache, 'tmp'))).toEqual([]);
  });
});

/** The mounts of every namespace that a process is in. */
function mountsAnywhere(): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/mountinfo`, 'utf8');
      } catch {
        return '';
      }
    })
    .join('');
}
