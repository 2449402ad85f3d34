import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cacheFolder } from '../../src/host/paths.ts';
import { commandLine } from '../support/domstart.ts';
import { makeSmallRoot } from '../support/small-root.ts';

let folder: string;
/** A cache of our own: in the shared one there is what others do at the same time. */
let env: Record<string, string>;
const NAMES = ['two words', '-leading', 'line\nend', "it's", 'ü'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-disk-guest-'));
  env = { DOMSTART_CACHE: join(folder, 'cache') };
  await mkdir(join(folder, 'cache'));
  symlinkSync(join(cacheFolder(), 'packages'), join(folder, 'cache/packages'));
  await makeSmallRoot(join(folder, 'root'));
  await mkdir(join(folder, 'data'));
  for (const name of NAMES) writeFileSync(join(folder, 'data', name), `${name}!`);
  writeFileSync(join(folder, 'constant'), 'a constant\n');
  writeFileSync(join(folder, 'mine'), 'mine\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Job {
  readonly image?: string;
  readonly more?: string;
  /** Of the disk. Default 64M. */
  readonly size?: string;
  readonly script: string;
}

function writeJob(name: string, { image = '', more = '', size = '64M', script }: Job): string {
  const file = join(folder, `${name}.conf`);
  const lines = [
    'start on startup',
    'task',
    'timeout 100',
    `image from directory ${join(folder, 'root')}`,
    `image size ${size}`,
    image,
    more,
    'guest init direct',
    `guest ${name}`,
    '    script',
    script,
    '    end script',
    'end guest',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

interface Result {
  readonly type: string;
  readonly facts?: Record<string, string | number>;
  readonly error?: { readonly code: string };
}

function resultOf(stdout: string): Result | undefined {
  const told = stdout.split('\n').filter((line) => line.startsWith('{'));
  return told.map((line) => JSON.parse(line) as Result).find(({ type }) => type === 'result');
}

describe('a guest with a disk', () => {
  test('runs the job in its own root, and no init of its own', async () => {
    const file = writeJob('own', {
      image: [
        'image hostname shallow',
        'image hosts 10.0.2.2 dom0',
        'image swap 16M',
        'image user worker sudo',
        `image copy ${join(folder, 'constant')} /etc/new/constant 0640`,
        `image copy $MINE /root/mine`,
        'env MINE=mine',
      ].join('\n'),
      script: `
echo host $(hostname) $(cat /etc/hostname)
echo hosts $(grep -c 'dom0' /etc/hosts)
echo root $(grep ' / ' /proc/mounts)
echo swap $(tail -n 1 /proc/swaps)
echo worker $(grep worker /etc/passwd)
echo copies $(cat /etc/new/constant /root/mine) $(stat -c %a /etc/new/constant)
echo one $(cat /proc/1/comm)
echo written >/root/written && cat /root/written
exit 7`,
    });
    await using cli = await commandLine();
    const { status, stdout, stderr } = await cli.run(['run', file], { env });
    expect(stderr).toMatch(/^event +domain-exited .*EXIT_STATUS=7$/m);
    const lines = new Map(
      stdout.split('\n').map((line) => [line.split(' ')[0] ?? '', line.replace(/^\S+ /, '')]),
    );
    expect(Object.fromEntries(lines)).toMatchObject({
      host: 'shallow shallow',
      hosts: '1',
      root: expect.stringMatching(/^\/dev\/vda \/ ext4 rw,noatime/),
      swap: expect.stringMatching(/^\/dev\/vdb partition 16380 /),
      worker: expect.stringMatching(/^worker:x:1000:1000:/),
      copies: 'a constant mine 640',
      one: 'init',
      written: 'written',
    });
    expect(status).toBe(7);
  });

  test('writes to an overlay: the next run does not see it', async () => {
    const file = writeJob('clean', {
      script: '[ ! -e /root/was-here ] || exit 1\ntouch /root/was-here\nsync',
    });
    await using cli = await commandLine();
    expect((await cli.run(['run', file], { env })).status).toBe(0);
    expect((await cli.run(['run', file], { env })).status).toBe(0);
  });

  test('gets files and hands files back, whatever they are called', async () => {
    const file = writeJob('files', {
      more: `input data ${join(folder, 'constant')}\noutput /root/result /root/single /gone`,
      script:
        'mkdir /root/result\ncp -a /input/data/* /root/result/\ncp /input/constant /root/single',
    });
    const output = join(folder, 'out');
    await using cli = await commandLine();
    const { status, stdout, stderr } = await cli.run(['run', file, '--json', '--output', output], {
      env,
    });
    expect(status).toBe(0);
    const handedBack = join(output, 'files.out');
    expect(resultOf(stdout)?.facts).toMatchObject({ output: handedBack, outputs: 6 });
    expect(stderr).toContain('the guest has left no /gone to hand back');
    expect(readdirSync(join(handedBack, 'root/result')).sort()).toEqual([...NAMES].sort());
    for (const name of NAMES) {
      expect(readFileSync(join(handedBack, 'root/result', name), 'utf8')).toBe(`${name}!`);
    }
    expect(readFileSync(join(handedBack, 'root/single'), 'utf8')).toBe('a constant\n');
    expect(readdirSync(output)).toEqual(['files.out']);
  });

  test('gets a large file by a disk of its own, not by its memory', async () => {
    const large = join(folder, 'large');
    writeFileSync(large, Buffer.alloc(90 * 2 ** 20, 'domstart '));
    const file = writeJob('large', {
      size: '200M',
      more: `input ${large}`,
      script: 'stat -c %s /input/large\ntail -c 9 /input/large',
    });
    await using cli = await commandLine();
    const { status, stdout } = await cli.run(['run', file], { env });
    expect(stdout).toContain(String(90 * 2 ** 20));
    expect(status).toBe(0);
  });

  test.each([
    ['an absolute link', 'mkdir /root/r; ln -s /etc/passwd /root/r/link', 'archive-invalid'],
    [
      'more than its limit',
      'mkdir /root/r; head -c 9000000 /dev/zero >/root/r/zeros; head -c 30000000 /dev/zero >/root/r/more',
      'archive-invalid',
    ],
  ])('takes nothing of a guest that hands back %s', async (_name, script, code) => {
    const file = writeJob('hostile', { more: 'output /root/r\noutput limit 8M', script });
    const output = join(folder, 'hostile');
    await using cli = await commandLine();
    const { status, stdout } = await cli.run(['run', file, '--json', '--output', output], {
      env,
    });
    expect(resultOf(stdout)?.error?.code).toBe(code);
    expect(status).toBe(65);
    expect(readdirSync(output)).toEqual([]);
  });

  test('boots its own init where it has one', async () => {
    const root = join(folder, 'with-init');
    await makeSmallRoot(root);
    writeFileSync(
      join(root, 'sbin/init'),
      '#!/bin/sh\necho "own init $$"\nmount -t proc proc /proc\necho o >/proc/sysrq-trigger\nsleep 60\n',
      { mode: 0o755 },
    );
    const disk = join(folder, 'own-init.conf');
    writeFileSync(
      disk,
      `start on startup\ntask\ntimeout 100\nimage from disk ${join(folder, 'disk.img')}\n`,
    );
    const builder = join(folder, 'builder.conf');
    writeFileSync(
      builder,
      `image from directory ${root}\nimage size 32M\nguest init direct\nguest a\n    exec true\nend guest\n`,
    );
    await using cli = await commandLine();
    const built = await cli.run(['image', 'export', '--raw', builder, join(folder, 'disk.img')], {
      env,
    });
    expect(built.stderr).not.toContain('error');
    expect(existsSync(join(folder, 'disk.img'))).toBe(true);
    const { status, stdout } = await cli.run(['run', disk], { env });
    expect(stdout).toContain('own init 1');
    expect(status).toBe(0);
  });

  test('with an Upstart of its own has the one job in it, and all others off', async () => {
    const root = join(folder, 'with-upstart');
    await makeSmallRoot(root);
    await mkdir(join(root, 'etc/event.d'));
    writeFileSync(
      join(root, 'etc/event.d/tty1'),
      'start on runlevel 2\nrespawn\nexec /sbin/getty 38400 tty1\n',
    );
    writeFileSync(
      join(root, 'sbin/init'),
      `#!/bin/sh
for job in /etc/event.d/*; do echo "$job: $(grep 'start on' $job)"; done
mount -t proc proc /proc
echo o >/proc/sysrq-trigger
sleep 60
`,
      { mode: 0o755 },
    );
    const file = join(folder, 'upstart.conf');
    writeFileSync(
      file,
      `start on startup
task
timeout 100
image from directory ${root}
image size 32M
guest init event.d
guest one-job
    start on startup
    exec /bin/true
end guest
`,
    );
    await using cli = await commandLine();
    const { status, stdout } = await cli.run(['run', file], { env });
    expect(stdout).toContain('/etc/event.d/one-job: start on startup');
    expect(stdout).toContain('/etc/event.d/tty1: start on domstart-never');
    expect(stdout).toContain('/etc/event.d/tty1.domstart~: start on runlevel 2');
    expect(status).toBe(0);
  });

  test('or without one gets files and hands files back in the same way', async () => {
    const file = writeJob('memory', {
      more: 'input data\noutput /root/result',
      script: 'mkdir /root/result\ncp -a /input/data/* /root/result/\nexit 5',
    });
    const text = readFileSync(file, 'utf8').replace(/^image .*$/gm, '');
    writeFileSync(file, `image from busybox\n${text}`);
    const output = join(folder, 'memory');
    await using cli = await commandLine();
    const { status } = await cli.run(['run', file, '--output', output], { env });
    expect(status).toBe(5);
    const names = readdirSync(join(output, 'memory.out/root/result'));
    expect(names.sort()).toEqual([...NAMES].sort());
  });

  test('says where there is no such source', async () => {
    const file = writeJob('missing', { script: 'true' });
    writeFileSync(file, readFileSync(file, 'utf8').replace(join(folder, 'root'), '/no/such/root'));
    await using cli = await commandLine();
    const { status, stderr } = await cli.run(['run', file], { env });
    expect(stderr).toContain('there is no /no/such/root for `image from directory /no/such/root`');
    expect(status).toBe(66);
  });

  test('leaves nothing in the cache that is in use', () => {
    for (const kind of ['bases', 'disks', 'images']) {
      const users = readdirSync(join(folder, 'cache', kind)).filter((name) =>
        name.endsWith('.users'),
      );
      const leases = users.flatMap((name) => readdirSync(join(folder, 'cache', kind, name)));
      expect(leases).toEqual([]);
    }
  });
});
