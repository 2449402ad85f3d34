import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { placeOperations } from '../../../src/image/place.ts';
import { systemOperations } from '../../../src/image/system/system-operations.ts';
import { systemSpec } from '../../../src/image/system/system-spec.ts';
import type { ImageSpec } from '../../../src/model/domain.ts';
import { directoryTree } from '../../../src/tree/directory-tree.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-system-'));
  mkdirSync(join(folder, 'run'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const signal = new AbortController().signal;
const root = { uuid: '6d4b0a0e-0000-4000-8000-000000000001' };

function specOf(image: Partial<ImageSpec>, hostname = 'noklus') {
  return systemSpec(
    {
      domain: {
        image: {
          ...{ source: { kind: 'debootstrap', suite: 'bookworm' }, copies: [], interfaces: [] },
          ...image,
        },
        vifs: [],
        console: { ready: [], fail: [], watch: [] },
      },
      environment: new Map([['DOM0', '10.0.0.1']]),
      jobFile: join(folder, 'guest.conf'),
      ...{ folder: join(folder, 'run'), token: 't', signal, onProgress: () => {} },
    },
    hostname,
  );
}

function unpack(fixture: string): string {
  const at = join(folder, 'root');
  cpSync(join(import.meta.dirname, 'fixtures', fixture), at, { recursive: true });
  return at;
}

async function operationsFor(at: string, image: Partial<ImageSpec>) {
  const tree = directoryTree(at);
  return placeOperations(tree, await systemOperations(tree, await specOf(image), root));
}

async function edit(at: string, image: Partial<ImageSpec>) {
  await directoryTree(at).apply(await operationsFor(at, image), signal);
  return (path: string) => readFileSync(join(at, path), 'latin1');
}

function line(text: string, name: string): string | undefined {
  return text.split('\n').find((one) => one.startsWith(`${name}:`));
}

const isRoot = process.getuid?.() === 0;

/** Of what a fixture lacks; and whose is what, where only root may have the tools look inside. */
const EXPECTED = isRoot
  ? /(directory|program) '.*' does not exist|no changes/
  : /(directory|program) '.*' does not exist|no changes|no user|no group|delete member/;

/** What the tools of shadow say of the accounts. */
function complaints(at: string): string[] {
  const path = (name: string) => (isRoot ? `/etc/${name}` : join(at, 'etc', name));
  const files = (...names: string[]) =>
    names.filter((name) => existsSync(join(at, 'etc', name))).map(path);
  const inside = isRoot ? ['-R', at] : [];
  const runs = [
    spawnSync('/usr/sbin/pwck', ['-r', ...inside, ...files('passwd', 'shadow')]),
    spawnSync('/usr/sbin/grpck', ['-r', ...inside, ...files('group', 'gshadow')]),
  ];
  return runs
    .flatMap(({ stdout, stderr, error }) => `${stdout}${stderr}${error ?? ''}`.split('\n'))
    .filter((text) => text !== '' && !EXPECTED.test(text));
}

describe('a new Debian', () => {
  it('gets what the job says, in files that the tools of Debian take', async () => {
    const at = unpack('bookworm');
    mkdirSync(join(at, 'etc/skel/.config'), { recursive: true });
    mkdirSync(join(at, 'etc/network/interfaces.d'), { recursive: true });
    writeFileSync(join(at, 'etc/skel/.profile'), 'umask 027\n', { mode: 0o640 });
    symlinkSync('.profile', join(at, 'etc/skel/.bash_profile'));
    writeFileSync(join(folder, 'root.password'), 'secret word\nnot this\n');
    const read = await edit(at, {
      users: [{ name: 'vm', groups: ['sudo', 'adm'] }],
      passwords: [{ user: 'root', kind: 'file', path: 'root.password' }],
      hosts: [{ address: '$DOM0', names: ['dom0'] }],
      interfaces: [{ name: 'eth0', method: 'static', address: '$DOM0/8' }],
      swap: 64,
    });
    expect(read('etc/hostname')).toBe('noklus\n');
    expect(read('etc/hosts')).toContain('\n10.0.0.1 dom0\n');
    expect(read('etc/network/interfaces')).toBe(`source /etc/network/interfaces.d/*

auto lo
iface lo inet loopback

auto eth0
iface eth0 inet static
    address 10.0.0.1
    netmask 255.0.0.0
`);
    expect(read('etc/fstab')).toBe(
      `UUID=${root.uuid} / ext4 errors=remount-ro 0 1\nLABEL=swap none swap sw 0 0\n`,
    );
    expect(line(read('etc/passwd'), 'vm')).toBe('vm:x:1000:1000::/home/vm:/bin/sh');
    expect(line(read('etc/shadow'), 'vm')).toMatch(/^vm:\*:\d{5}:0:99999:7:::$/);
    expect(line(read('etc/group'), 'sudo')).toBe('sudo:x:27:vm');
    expect(line(read('etc/gshadow'), 'sudo')).toBe('sudo:*::vm');
    const [, hash = ''] = line(read('etc/shadow'), 'root')?.split(':') ?? [];
    const crypt = spawnSync('perl', ['-e', 'print crypt("secret word", $ARGV[0])', hash]);
    expect(String(crypt.stdout)).toBe(hash);
    expect(complaints(at)).toEqual([]);
    expect(read('home/vm/.profile')).toBe('umask 027\n');
    expect(read('home/vm/.bash_profile')).toBe('umask 027\n');
    expect(statSync(join(at, 'home/vm')).mode & 0o777).toBe(0o700);
    expect(statSync(join(at, 'home/vm/.profile')).mode & 0o777).toBe(0o640);
    if (isRoot) {
      expect(statSync(join(at, 'home/vm/.config'))).toMatchObject({ uid: 1000, gid: 1000 });
      expect(statSync(join(at, 'home'))).toMatchObject({ uid: 0, gid: 0 });
    }
  });

  it('is left alone where nothing is said, but for its name and its root', async () => {
    const at = unpack('bookworm');
    const paths = (await operationsFor(at, {})).map(({ path }) => path);
    expect(paths).toEqual(['/etc/hostname', '/etc/hosts', '/etc/fstab']);
  });

  it('has nothing left to be edited when it is edited', async () => {
    const at = unpack('bookworm');
    const image: Partial<ImageSpec> = {
      users: [{ name: 'vm', groups: ['sudo'] }],
      passwords: [{ user: 'vm', kind: 'hash', hash: '$6$a$b' }],
      mounts: [{ device: '/dev/xvdb', folder: '/srv', type: 'ext4' }],
    };
    await edit(at, image);
    expect(await operationsFor(at, image)).toEqual([]);
  });

  it('is shut where it was open, and shuts out nobody by that', async () => {
    const at = unpack('bookworm');
    const shadow = join(at, 'etc/shadow');
    const text = readFileSync(shadow, 'latin1');
    writeFileSync(
      shadow,
      text.replace('root:*:', 'root::').replace('irc:*:20783:0:99999:7:::', 'irc:'),
    );
    const passwd = join(at, 'etc/passwd');
    writeFileSync(passwd, readFileSync(passwd, 'latin1').replace('games:x:', 'games::'));
    const read = await edit(at, {});
    expect(line(read('etc/shadow'), 'root')).toBe('root:*:20783:0:99999:7:::');
    expect(line(read('etc/shadow'), 'irc')).toBe('irc:*:20783::::::');
    expect(line(read('etc/passwd'), 'games')).toMatch(/^games:x:/);
    expect(line(read('etc/shadow'), 'games')).toMatch(/^games:\*:/);
  });

  it('has a root that the job gives no password locked, whatever it had', async () => {
    const at = unpack('bookworm');
    const passwd = join(at, 'etc/passwd');
    writeFileSync(passwd, readFileSync(passwd, 'latin1').replace('root:x:', 'root:$1$a$b:'));
    const read = await edit(at, {});
    expect(line(read('etc/passwd'), 'root')).toMatch(/^root:x:/);
    expect(line(read('etc/shadow'), 'root')).toMatch(/^root:\*:/);
  });

  it('loses what tells one machine from another, and lets nobody in as root by ssh', async () => {
    const at = unpack('bookworm');
    mkdirSync(join(at, 'etc/ssh/sshd_config.d'), { recursive: true });
    mkdirSync(join(at, 'var/lib/dbus'), { recursive: true });
    const config = 'Include /etc/ssh/sshd_config.d/*.conf\n#PermitRootLogin prohibit-password\n';
    writeFileSync(join(at, 'etc/ssh/sshd_config'), config);
    writeFileSync(join(at, 'etc/ssh/sshd_config.d/00-cloud.conf'), 'PermitRootLogin yes\n');
    writeFileSync(join(at, 'etc/ssh/ssh_host_rsa_key'), 'secret', { mode: 0o600 });
    writeFileSync(join(at, 'etc/ssh/ssh_host_rsa_key.pub'), 'public');
    writeFileSync(join(at, 'etc/machine-id'), '0123\n', { mode: 0o444 });
    writeFileSync(join(at, 'var/lib/dbus/machine-id'), '0123\n');
    const read = await edit(at, {});
    expect(read('etc/ssh/sshd_config')).toBe(config);
    expect(read('etc/ssh/sshd_config.d/00-cloud.conf')).toBe('PermitRootLogin no\n');
    expect(read('etc/ssh/sshd_config.d/00-domstart.conf')).toBe(
      'PermitRootLogin no\nPermitEmptyPasswords no\n',
    );
    expect(existsSync(join(at, 'etc/ssh/ssh_host_rsa_key'))).toBe(false);
    expect(existsSync(join(at, 'etc/ssh/ssh_host_rsa_key.pub'))).toBe(false);
    expect(read('etc/machine-id')).toBe('');
    expect(statSync(join(at, 'etc/machine-id')).mode & 0o777).toBe(0o444);
    expect(existsSync(join(at, 'var/lib/dbus/machine-id'))).toBe(false);
  });

  it('may have its files elsewhere, by links', async () => {
    const at = unpack('bookworm');
    mkdirSync(join(at, 'lib/etc'), { recursive: true });
    writeFileSync(join(at, 'lib/etc/hosts'), '127.0.0.1 localhost\n');
    symlinkSync('/lib/etc/hosts', join(at, 'etc/hosts'));
    const read = await edit(at, {});
    expect(read('lib/etc/hosts')).toBe('127.0.0.1 localhost\n127.0.1.1 noklus\n');
  });
});

describe('an old Ubuntu', () => {
  it('gets an administrator in its own group, and no file that it cannot read', async () => {
    const at = unpack('feisty');
    const read = await edit(at, {
      source: { kind: 'tar', path: 'feisty.tar' },
      filesystem: 'ext3',
      users: [
        { name: 'anna', groups: ['admin', 'cdrom'] },
        { name: 'mike', groups: ['users'] },
      ],
      passwords: [{ user: 'anna', kind: 'hash', hash: '$6$salt$hash' }],
      hosts: [{ address: '10.0.0.1', names: ['dom0'] }],
      interfaces: [{ name: 'eth0', method: 'dhcp' }],
    });
    expect(line(read('etc/shadow'), 'root')).toBe('root:*:13679:0:99999:7:::');
    expect(line(read('etc/shadow'), 'mike')).toMatch(/^mike:\$1\$saltsalt/);
    expect(line(read('etc/passwd'), 'anna')).toBe('anna:x:1001:1001::/home/anna:/bin/sh');
    expect(line(read('etc/shadow'), 'anna')).toBe('anna:$6$salt$hash:13679:0:99999:7:::');
    expect(line(read('etc/group'), 'admin')).toBe('admin:x:104:mike,anna');
    expect(line(read('etc/group'), 'users')).toBe('users:x:100:mike');
    expect(existsSync(join(at, 'etc/gshadow'))).toBe(false);
    expect(complaints(at)).toEqual([]);
    expect(read('etc/network/interfaces')).not.toContain('source');
    expect(read('etc/ssh/sshd_config')).toContain('\nPermitRootLogin no\n');
    expect(read('etc/fstab')).toContain(`UUID=${root.uuid} / ext3 `);
    expect(read('etc/fstab')).not.toContain('0dbb0a45');
    expect(read('etc/hosts')).not.toContain('mike-desktop');
    expect(read('etc/hosts')).toContain('10.0.0.9 files\n');
  });

  it('gets a shadow file where it has none and is to keep a secret', async () => {
    const at = unpack('feisty');
    rmSync(join(at, 'etc/shadow'));
    const passwd = join(at, 'etc/passwd');
    writeFileSync(
      passwd,
      'root::0:0:Wurzel \xfc:/root:/bin/sh\nmike:$1$a$b:1000:1000::/:/bin/sh\n',
      'latin1',
    );
    expect((await edit(at, {}))('etc/passwd')).toBe(
      'root:*:0:0:Wurzel \xfc:/root:/bin/sh\nmike:$1$a$b:1000:1000::/:/bin/sh\n',
    );
    expect(existsSync(join(at, 'etc/shadow'))).toBe(false);
    const read = await edit(at, { passwords: [{ user: 'root', kind: 'hash', hash: '$6$a$b' }] });
    expect(read('etc/shadow')).toBe('root:$6$a$b:1:0:99999:7:::\nmike:$1$a$b:1:0:99999:7:::\n');
    expect(read('etc/passwd')).toMatch(/^root:x:.*\nmike:x:/);
    expect(statSync(join(at, 'etc/shadow')).mode & 0o777).toBe(0o640);
  });
});

describe('what cannot be', () => {
  const wheel = { users: [{ name: 'vm', groups: ['wheel'] }] };

  it('is told with the stanza, the file and what is near', async () => {
    const feisty = unpack('feisty');
    await expect(operationsFor(feisty, wheel)).rejects.toMatchObject({
      code: 'job-invalid',
      message: '`image user vm wheel`: there is no group wheel in /etc/group of the image',
      hint: 'its group of administrators is admin',
    });
    await expect(
      operationsFor(feisty, { users: [{ name: 'vm', groups: ['cdrmo'] }] }),
    ).rejects.toMatchObject({ hint: 'did you mean cdrom?' });
    await expect(operationsFor(feisty, { users: [{ name: 'admin', groups: [] }] })).rejects.toThrow(
      '`image user admin`: a group has that name already',
    );
    await expect(
      operationsFor(feisty, { passwords: [{ user: 'mikee', kind: 'locked' }] }),
    ).rejects.toMatchObject({ hint: 'did you mean mike?' });
  });

  it('is no user where there are no accounts; without one that is a system too', async () => {
    const at = join(folder, 'root');
    mkdirSync(join(at, 'etc'), { recursive: true });
    await expect(operationsFor(at, wheel)).rejects.toThrow('the image has no /etc/passwd');
    expect((await operationsFor(at, {})).map(({ path }) => path)).toContain('/etc/hostname');
    mkdirSync(join(at, 'etc/hosts'));
    await expect(operationsFor(at, {})).rejects.toThrow('/etc/hosts of the image is no file');
  });
});

describe('what the stanzas say', () => {
  const file = { user: 'root', kind: 'file', path: 'pw' } as const;

  it('is the same each time, and holds no password', async () => {
    writeFileSync(join(folder, 'pw'), 'secret word\r\n');
    const [one, two] = await Promise.all([
      specOf({ passwords: [file] }),
      specOf({ passwords: [file] }),
    ]);
    expect(one).toEqual(two);
    expect(JSON.stringify(one)).not.toContain('secret');
    const other = await specOf({ passwords: [file] }, 'other');
    expect(other.passwords).not.toEqual(one.passwords);
    writeFileSync(join(folder, 'pw'), 'secret word');
    expect((await specOf({ passwords: [file] })).passwords).toEqual(one.passwords);
  });

  it.each([
    ['', 'is empty'],
    ['\nsecond line', 'is empty'],
    ['x'.repeat(600), 'is longer than 511 bytes'],
    ['a\0b', 'has a NUL in it'],
  ])('is refused where the password %j', async (content, problem) => {
    writeFileSync(join(folder, 'pw'), content);
    await expect(specOf({ passwords: [file] })).rejects.toThrow(
      `\`image password root file pw\`: the first line of ${join(folder, 'pw')} ${problem}`,
    );
  });

  it('is refused where a file is missing or a variable holds no address', async () => {
    await expect(specOf({ passwords: [file] })).rejects.toMatchObject({ code: 'file-missing' });
    const hosts = [{ address: '$DOM0', names: ['$DOM0:-x'] }];
    await expect(specOf({ hosts: [{ address: '$NONE', names: ['a'] }] })).rejects.toMatchObject({
      code: 'variable-missing',
    });
    await expect(specOf({ hosts })).rejects.toThrow('is no host name');
    await expect(
      specOf({ interfaces: [{ name: 'eth0', method: 'static', address: '$DOM0/33' }] }),
    ).rejects.toThrow('`image interface eth0 static $DOM0/33`: "10.0.0.1/33" is no address');
  });
});
