import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileDirect } from '../../src/guest/direct.ts';
import type { GuestRequest } from '../../src/model/guest-files.ts';
import type { JobDefinition } from '../../src/model/job.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-guest-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function job(more: Partial<JobDefinition> = {}): JobDefinition {
  return {
    name: 'rc-noklus',
    dialect: 'init',
    emits: [],
    env: [],
    export: [],
    task: false,
    processes: { main: { kind: 'script', text: 'echo one\nexit 3\n' } },
    respawn: false,
    normalExit: [],
    limits: {},
    cgroups: [],
    ...more,
  };
}

function compile(more: Partial<JobDefinition> = {}, request: Partial<GuestRequest> = {}) {
  const { initramfs, inside } = compileDirect({
    guest: { init: 'direct', job: job(more) },
    environment: new Map(),
    token: 'TOKEN',
    interfaces: [],
    modules: [],
    root: { kind: 'memory' },
    ...request,
  });
  return new Map(
    [...initramfs, ...inside].map((entry) => [
      entry.path,
      entry.kind === 'file' ? String(entry.content) : '',
    ]),
  );
}

/** What dash, this host's POSIX sh, says to a text: nothing where its syntax is right. */
function syntaxErrors(text: string): string {
  const file = join(folder, 'text');
  writeFileSync(file, text);
  return execFileSync('sh', ['-n', file], { encoding: 'utf8', stdio: 'pipe' });
}

const variants: [string, Partial<JobDefinition>][] = [
  ['a script', {}],
  ['an exec line', { processes: { main: { kind: 'exec', text: 'ping -c 1 "$HOST"' } } }],
  [
    'all processes and settings',
    {
      processes: {
        'pre-start': { kind: 'exec', text: 'true' },
        main: { kind: 'script', text: 'echo main' },
        'post-stop': { kind: 'script', text: 'echo post' },
      },
      chdir: "/it's here",
      umask: 0o77,
      nice: 5,
      oomScore: -500,
      console: 'none',
    },
  ],
];

describe('the direct init', () => {
  it.each(variants)('is right sh for %s', (_name, more) => {
    const files = compile(more, { modules: ['virtio_net'] });
    for (const [path, text] of files) {
      if (!path.endsWith('/token')) expect(syntaxErrors(text)).toBe('');
    }
    expect(files.get('/init')).toContain('modprobe -q -a virtio_net\n');
  });

  it('is the same for the same job', () => {
    expect([...compile()]).toEqual([...compile()]);
  });

  it('loads no modules where there are none', () => {
    expect(compile().get('/init')).not.toContain('modprobe');
  });

  it('keeps the token in one file and out of every text', () => {
    const holders = Array.from(compile()).filter(([, text]) => text.includes('TOKEN'));
    expect(holders).toEqual([['/etc/domstart/token', 'TOKEN\n']]);
  });

  it('runs the job in its folder, with its umask, niceness and console', () => {
    const init = compile(variants[2]?.[1]).get('/init');
    expect(compile(variants[2]?.[1]).get('/etc/domstart/main')).toContain(
      "cd '/it'\\''s here' || exit 1; ",
    );
    expect(init).toContain('umask 0077\n');
    expect(init).toContain('nice -n 5 /bin/sh -e ');
    expect(init).toContain('echo -500 >/proc/self/oom_score_adj\n');
    expect(init).toContain('</dev/null >/dev/null 2>&1');
  });

  it('gives a job its environment whatever the values hold', () => {
    const files = compile(
      { env: ['QUOTE=it\'s "$HOME"', 'FROM_EVENT', 'FILE=own'] },
      {
        environment: new Map([
          ['FILE', 'event'],
          ['FROM_EVENT', 'two\nlines'],
          ['not a name', 'x'],
          ['PATH', '/home/somebody/bin'],
          ['UPSTART_JOB', 'the-domain'],
        ]),
      },
    );
    const file = join(folder, 'environment');
    writeFileSync(file, files.get('/etc/domstart/environment') ?? '');
    const text = execFileSync(
      '/usr/bin/env',
      ['-i', '/bin/sh', '-c', `. "${file}"; /usr/bin/env -0`],
      {
        encoding: 'utf8',
      },
    );
    const given = new Map(text.split('\0').map((line) => line.split(/=(.*)/s) as [string, string]));
    expect(given.get('QUOTE')).toBe('it\'s "$HOME"');
    expect(given.get('FROM_EVENT')).toBe('two\nlines');
    expect(given.get('FILE')).toBe('own');
    expect(given.get('PATH')).toBe('/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
    expect(given.get('UPSTART_JOB')).toBe('rc-noklus');
    expect(given.has('not a name')).toBe(false);
  });

  it('keeps the line numbers of a script, though halt means the program of the image in it', () => {
    const main = compile().get('/etc/domstart/main') ?? '';
    expect(main.split('\n').slice(1)).toEqual(['exit 3', '']);
    expect(main.split('\n')[0]).toMatch(/halt\(\) { \/sbin\/halt "\$@"; }; .*echo one$/);
  });

  it('of a domain without a job powers off', () => {
    const { initramfs } = compileDirect({
      environment: new Map(),
      token: 'TOKEN',
      interfaces: [],
      modules: [],
      root: { kind: 'memory' },
    });
    const init = initramfs.find((entry) => entry.path === '/init');
    const text = init?.kind === 'file' ? String(init.content) : '';
    expect(syntaxErrors(text)).toBe('');
    expect(text).not.toContain('run ');
    expect(text).toMatch(/exec busybox poweroff -f\n$/);
  });

  const eth0 = [{ name: 'eth0', method: 'dhcp' }] as const;

  it('brings the network up, unless the job does it itself', () => {
    const main = { kind: 'script', text: 'ifup eth0\nwget http://a/' } as const;
    const other = { kind: 'exec', text: 'wget http://ifupdown/' } as const;
    expect(compile({ processes: { main } }, { interfaces: eth0 }).get('/init')).not.toMatch(/ifup/);
    expect(compile({ processes: { main: other } }).get('/init')).not.toMatch(/ifup/);
    expect(compile({ processes: { main: other } }, { interfaces: eth0 }).get('/init')).toMatch(
      /^ifup -a$/m,
    );
  });

  describe('with a root on a disk', () => {
    const root = { kind: 'disk', mounts: true, swap: 1, files: 2 } as const;

    it.each(variants)('is right sh for %s', (_name, more) => {
      const output = { disk: 3, paths: ["/root/it's", '/$x'] };
      const files = compile(more, { root, output, modules: ['ext4'], interfaces: eth0 });
      for (const [path, text] of files) {
        const shell = /^\/(init|run|sbin|etc\/domstart\/(env|output))/.test(path);
        if (shell) expect(syntaxErrors(text)).toBe('');
      }
      expect([...files.keys()].filter((path) => path.startsWith('/run/domstart/'))).toContain(
        '/run/domstart/main',
      );
    });

    it('runs the job inside, and stays outside itself', () => {
      const init = compile({}, { root }).get('/init');
      expect(init).toContain('exec chroot /guest /bin/sh -e "/run/domstart/$1"');
      expect(init).toMatch(/swapon .*b"$/m);
      expect(init).toMatch(/tar -x -f - <.*c"$/m);
      expect(init).toContain('chroot /guest mount -a');
    });
  });

  it('hands back what is there, from where the job saw it', () => {
    const script = compile({}, { output: { disk: 0, paths: [] } }).get('/etc/domstart/output');
    const paths = ['/b c', '/-n', '/dangling', '/gone', '/a\nb'];
    const text = compile({}, { output: { disk: 0, paths } }).get('/etc/domstart/output') ?? '';
    expect(script).toBeDefined();
    mkdirSync(join(folder, 'b c'));
    writeFileSync(join(folder, 'b c/file'), 'x');
    writeFileSync(join(folder, '-n'), '');
    writeFileSync(join(folder, 'a\nb'), '');
    symlinkSync('nowhere', join(folder, 'dangling'));
    const here = text.replace('cd /\n', `cd ${folder}\n`);
    const tar = execFileSync('sh', ['-c', here]);
    const names = execFileSync('tar', ['-t', '-f', '-'], { input: tar, encoding: 'utf8' });
    expect(names.trim().split('\n')).toEqual([
      './b c/',
      './b c/file',
      './-n',
      './dangling',
      './a\\nb',
    ]);
  });

  it.each<[string, Partial<JobDefinition>]>([
    ['respawn', { respawn: true }],
    ['setuid', { setuid: 'nobody' }],
    ['chroot', { chroot: '/x' }],
    ['limit', { limits: { core: { soft: 0, hard: 0 } } }],
    ['expect', { expect: 'fork' }],
    ['post-start', { processes: { 'post-start': { kind: 'exec', text: 'true' } } }],
  ])('refuses a job that asks for %s', (stanza, more) => {
    expect(() => compile(more)).toThrow(
      expect.objectContaining({
        code: 'not-supported',
        message: expect.stringContaining(`\`${stanza}\``),
      }),
    );
  });

  it('refuses a guest that has Upstart', () => {
    expect(() => compile({}, { guest: { init: 'event.d', job: job() } })).toThrow(
      expect.objectContaining({ code: 'not-supported' }),
    );
  });
});
