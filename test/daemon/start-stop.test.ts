import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { connectToDaemon } from '../../src/daemon/control/client.ts';
import { daemonRig, stop } from '../support/daemon.ts';
import { startProgram } from '../support/domstart.ts';

const program = resolve(import.meta.dirname, '../../bin/domstart');

/** What a daemon that ended well leaves beside its jobs. */
const LEFT = ['control.lock', 'jobs', 'state'];

describe('the place of the socket', () => {
  test('is its owner’s alone, and is gone when the daemon is', async () => {
    await using rig = daemonRig();
    const daemon = await rig.daemon();
    expect(lstatSync(rig.socket).isSocket()).toBe(true);
    expect(statSync(rig.socket).mode & 0o777).toBe(0o600);
    expect(await stop(daemon)).toMatchObject({ status: 0, out: '' });
    expect(readdirSync(rig.folder).sort()).toEqual(LEFT);
  });

  test('of daemons that start at the same moment one has it, and the others say so', async () => {
    await using rig = daemonRig();
    for (let round = 0; round < 5; round += 1) {
      const all = Array.from({ length: 4 }, () => rig.spawn());
      const losers: (number | null)[] = [];
      for (const { finished } of all) void finished.then(({ status }) => losers.push(status));
      await vi.waitFor(() => expect(losers).toEqual([69, 69, 69]), 20_000);
      const [winner] = all.filter(({ child }) => child.exitCode === null);
      await vi.waitFor(async () => expect((await rig.ask('initctl list')).status).toBe(0), 10_000);
      const said = all.filter((one) => one !== winner).map(({ finished }) => finished);
      for (const { stderr } of await Promise.all(said)) {
        expect(stderr).toMatch(/another daemon( \(process \d+\))? listens at .*control\n/);
      }
      if (winner === undefined) throw new Error('none has it');
      expect((await stop(winner)).status).toBe(0);
    }
  });

  test('comes again when it is removed, also with its folder, and the daemon keeps its place', async () => {
    await using rig = daemonRig();
    const place = join(rig.folder, 'run');
    const socket = join(place, 'control');
    const env = { DOMSTART_SOCKET: socket };
    const daemon = rig.spawn({ env });
    await daemon.said('serves the jobs');
    const follower = rig.start('domstart events', { env });
    const serves = () =>
      vi.waitFor(
        async () => expect((await rig.ask('initctl list', { env })).status).toBe(0),
        20_000,
      );
    await serves();
    // It follows when it tells something.
    let follows = false;
    void follower.said('knock').then(() => {
      follows = true;
    });
    await vi.waitFor(async () => {
      await rig.ask('initctl emit knock', { env });
      expect(follows).toBe(true);
    }, 20_000);
    for (const gone of [socket, place, socket]) {
      rmSync(gone, { recursive: true });
      await serves();
      const { status, stderr } = await rig.spawn({ env }).finished;
      expect({ status, stderr }).toEqual({
        status: 69,
        stderr: expect.stringContaining(
          `another daemon (process ${daemon.child.pid}) listens at ${socket}`,
        ),
      });
    }
    rmSync(socket);
    daemon.child.kill('SIGHUP');
    await serves();
    const { status, err } = await stop(daemon);
    expect(status).toBe(0);
    expect(err).toContain('The control socket was removed, and is made again');
    expect((await follower.finished).stdout).toContain('session-end');
    expect(readdirSync(place)).toEqual(['control.lock']);
  });

  test('is taken over from a daemon that was killed', async () => {
    await using rig = daemonRig();
    const dead = await rig.daemon();
    await stop(dead, 'SIGKILL');
    expect(existsSync(rig.socket)).toBe(true);
    const client = await rig.ask('initctl list');
    expect(client).toMatchObject({ status: 1, out: '' });
    expect(client.err).toContain('nobody listens there');
    expect((await stop(await rig.daemon())).status).toBe(0);
    expect(readdirSync(rig.folder).sort()).toEqual(LEFT);
  });

  test('is refused where something else has that name, which stays', async () => {
    await using rig = daemonRig();
    rig.file('control', 'precious');
    const { status, stderr } = await rig.spawn().finished;
    expect({ status, stderr }).toEqual({
      status: 74,
      stderr:
        `domstart: cannot make the control socket ${rig.socket}: there is something else of that ` +
        'name\n  hint: name another place with --socket or DOMSTART_SOCKET\n',
    });
    expect(rig.read('control')).toBe('precious');
    rmSync(rig.socket);
    mkdirSync(rig.socket);
    expect((await rig.spawn().finished).status).toBe(74);
  });

  test.each([
    ['/proc/none/control', 'cannot make the folder of the control socket /proc/none: ENOENT'],
    [
      '/dev/null/control',
      'cannot use the folder of the control socket /dev/null: it is not a folder',
    ],
    [`/tmp/${'x'.repeat(120)}`, 'its name is longer than 107 bytes'],
    ['/tmp/control', 'cannot use the folder of the control socket /tmp: it '],
  ])('is refused: %s', async (socket, why) => {
    await using rig = daemonRig();
    const { status, stderr } = await rig.spawn({ args: ['--socket', socket] }).finished;
    expect({ status, stderr }).toEqual({ status: 74, stderr: expect.stringContaining(why) });
    expect(stderr).toContain('hint: name another place with --socket or DOMSTART_SOCKET');
  });

  test('is no empty name', async () => {
    await using rig = daemonRig();
    expect(await rig.spawn({ args: ['--socket', ''] }).finished).toMatchObject({
      status: 64,
      stderr: expect.stringContaining("argument '' is invalid. It is empty."),
    });
    expect(await rig.ask(['domstart', 'list', '--socket', ''])).toMatchObject({ status: 64 });
    expect(await rig.ask(['initctl', '--socket=', 'list'])).toMatchObject({ status: 1 });
  });

  test('is refused in a folder that others can write to', async () => {
    await using rig = daemonRig();
    chmodSync(rig.folder, 0o770);
    const { status, stderr } = await rig.spawn().finished;
    expect({ status, stderr }).toEqual({
      status: 74,
      stderr: expect.stringContaining('can be written to by others'),
    });
    expect(readdirSync(rig.folder)).toEqual(['jobs']);
  });

  test('is where a client of the same user looks, also one with neither home nor runtime folder', async (context) => {
    await using rig = daemonRig();
    const isRoot = process.getuid?.() === 0;
    const uid = isRoot ? 54_321 : process.getuid?.();
    const within = isRoot ? ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'] : [];
    const env = { DOMSTART_SOCKET: '', XDG_RUNTIME_DIR: '', HOME: '' };
    const [test = '', ...readable] = [...within, 'test', '-r', program];
    context.skip(spawnSync(test, readable).status !== 0, 'the clone is not for everybody');
    const places = { XDG_CONFIG_HOME: join(rig.folder, 'config') };
    rig.file('config/domstart/web.conf', 'exec sleep 1000\n');
    if (isRoot) chownSync(rig.folder, 54_321, 54_321);
    const daemon = rig.spawn({ confdirs: [], within, env: { ...env, ...places } });
    await daemon.said(
      `serves the jobs of ${rig.folder}/config/domstart at /tmp/domstart-${uid}/control`,
    );
    expect(statSync(`/tmp/domstart-${uid}`).mode & 0o777).toBe(0o700);
    const client = startProgram(
      within[0] ?? program,
      [...within.slice(1), ...(isRoot ? [program] : []), 'list'],
      {
        cwd: '/',
        env: { PATH: process.env['PATH'], ...env },
      },
    );
    expect(await client.finished).toMatchObject({ status: 0, stdout: 'web stop/waiting\n' });
    expect((await stop(daemon)).status).toBe(0);
    if (isRoot) rmSync(`/tmp/domstart-${uid}`, { recursive: true });
  });
});

describe('SIGTERM', () => {
  test('stops jobs in order: session-end, kill signals, post-stop', async () => {
    await using rig = daemonRig();
    const log = join(rig.folder, 'order');
    rig.file(
      'jobs/web.conf',
      `start on startup
script
  trap 'echo web has TERM >> ${log}; exit 0' TERM
  echo web runs >> ${log}
  while :; do sleep 0.05; done
end script
post-stop exec sh -c 'echo web post-stop >> ${log}'
`,
    );
    rig.file('jobs/last.conf', `start on session-end\ntask\nexec sh -c 'echo $TYPE >> ${log}'\n`);
    const daemon = await rig.daemon();
    await vi.waitFor(() => expect(rig.read('order')).toBe('web runs\n'), 20_000);
    const { status, err } = await stop(daemon);
    expect(status).toBe(0);
    expect(err).toContain('domstartd: Quiescing due to shutdown request');
    const lines = rig.read('order').trim().split('\n');
    expect(lines.slice(1).sort()).toEqual(['shutdown', 'web has TERM', 'web post-stop']);
    expect(lines.indexOf('web has TERM')).toBeLessThan(lines.indexOf('web post-stop'));
    expect(rig.processes()).toEqual([]);
  });

  test('ends a job that ignores it with SIGKILL after its kill timeout', async () => {
    await using rig = daemonRig();
    rig.file('jobs/deaf.conf', deaf(rig.folder, 1));
    const daemon = await rig.daemon({ args: ['--log-priority', 'info'] });
    await vi.waitFor(() => expect(rig.read('deaf')).toBe('deaf\n'), 20_000);
    const begun = performance.now();
    const { status, err } = await stop(daemon);
    expect(status).toBe(0);
    expect(performance.now() - begun).toBeGreaterThan(900);
    expect(err).toContain('deaf main process killed by KILL signal');
    expect(rig.processes()).toEqual([]);
  });

  test('a second one does not wait', async () => {
    await using rig = daemonRig();
    rig.file('jobs/deaf.conf', deaf(rig.folder, 600));
    const daemon = await rig.daemon();
    await vi.waitFor(() => expect(rig.read('deaf')).toBe('deaf\n'), 20_000);
    daemon.child.kill('SIGINT');
    await daemon.said('Quiescing');
    expect((await stop(daemon)).status).toBe(0);
    expect(rig.processes()).toEqual([]);
  });

  test('a pre-stop that does not end is not waited for without end', {
    timeout: 60_000,
  }, async () => {
    await using rig = daemonRig();
    rig.file(
      'jobs/slow.conf',
      'start on startup\nkill timeout 0\nexec sleep 1000\npre-stop exec sleep 1000\n',
    );
    const daemon = await rig.daemon();
    await vi.waitFor(() => expect(rig.processes()).toHaveLength(1), 20_000);
    expect((await stop(daemon)).status).toBe(0);
    expect(rig.processes()).toEqual([]);
  });

  test('while a job respawns', async () => {
    await using rig = daemonRig();
    rig.file(
      'jobs/again.conf',
      `start on startup\nrespawn\nrespawn limit unlimited\nexec sh -c 'echo . >> ${rig.folder}/runs'\n`,
    );
    const daemon = await rig.daemon();
    await vi.waitFor(() => expect(rig.read('runs').length).toBeGreaterThan(20), 10_000);
    expect((await stop(daemon)).status).toBe(0);
    const runs = rig.read('runs');
    expect(rig.processes()).toEqual([]);
    expect(rig.read('runs')).toBe(runs);
  });

  test('before it listens: it ends at once, and nothing is left', async () => {
    await using rig = daemonRig();
    for (let at = 0; at < 1500; at += 1) rig.file(`jobs/job${at}.conf`, 'start on startup\n');
    // It takes signals from before the moment on at which it takes its place.
    const daemon = rig.spawn();
    await vi.waitFor(() => expect(existsSync(join(rig.folder, 'control.lock'))).toBe(true), {
      timeout: 10_000,
      interval: 1,
    });
    daemon.child.kill('SIGHUP');
    expect(await stop(daemon)).toMatchObject({ status: 0, out: '' });
    // It may not have come as far as its journal.
    const left = new Set([...readdirSync(rig.folder), 'state']);
    expect([...left].sort()).toEqual(LEFT);
    expect(rig.processes()).toEqual([]);
  });
});

/** Says so in FOLDER/deaf as soon as it is deaf. */
const deaf = (folder: string, killTimeout: number) => `start on startup
kill timeout ${killTimeout}
script
  trap '' TERM INT HUP
  echo deaf > ${folder}/deaf
  while :; do sleep 0.1; done
end script
`;

describe('SIGHUP', () => {
  test('reads job files again; broken ones are told, and what they were before stays', async () => {
    await using rig = daemonRig();
    rig.file('jobs/web.conf', 'exec sleep 1000\n');
    const daemon = await rig.daemon();
    expect((await rig.ask('initctl start web')).status).toBe(0);
    rig.file('jobs/new.conf', 'exec sleep 1000\n');
    rig.file('jobs/web.conf', 'exec\nnonsense\n');
    writeFileSync(join(rig.folder, 'jobs/binary.conf'), Buffer.from([0, 255, 1, 254]));
    mkdirSync(join(rig.folder, 'jobs/folder.conf'));
    daemon.child.kill('SIGHUP');
    await daemon.said('web.conf:1:5');
    await vi.waitFor(
      async () => expect((await rig.ask('initctl status new')).status).toBe(0),
      20_000,
    );
    expect((await rig.ask('initctl status web')).out).toContain('web start/running');
    const { status, err } = await stop(daemon);
    expect(status).toBe(0);
    expect(err).toContain('domstartd: Reloading configuration');
    expect(err).toContain('the job stays as it was');
    expect(err).toContain('binary.conf');
  });
});

describe('its folders', () => {
  test('one that is missing may come later, with jobs', async () => {
    await using rig = daemonRig();
    const later = join(rig.folder, 'later');
    const daemon = await rig.daemon({ confdirs: [join(rig.folder, 'jobs'), later] });
    expect(await rig.ask('initctl list')).toEqual({ out: '', err: '', status: 0 });
    rig.file('later/web.conf', 'exec sleep 1000\n');
    await vi.waitFor(
      async () => expect((await rig.ask('initctl list')).out).toBe('web stop/waiting\n'),
      { timeout: 15_000, interval: 100 },
    );
    expect((await stop(daemon)).status).toBe(0);
  });

  test('may be of both kinds at once', async () => {
    await using rig = daemonRig();
    rig.file('jobs/web.conf', 'start on startup\nexec sleep 1000\n');
    rig.file('event.d/old', 'start on startup\nexec sleep 1000\n');
    const confdirs = [join(rig.folder, 'event.d'), join(rig.folder, 'jobs')];
    const daemon = await rig.daemon({ confdirs });
    await vi.waitFor(async () => {
      const { out } = await rig.ask('initctl list');
      expect(
        out
          .split('\n')
          .map((line) => line.replace(/ process \d+$/, ' N'))
          .sort(),
      ).toEqual(['', expect.stringMatching(/^old.*start.*running.* N$/), 'web start/running, N']);
    }, 20_000);
    expect((await stop(daemon)).status).toBe(0);
    expect(rig.processes()).toEqual([]);
  });

  test('event.d alone: it speaks as Upstart 0.3 did', async () => {
    await using rig = daemonRig();
    rig.file('event.d/old', 'start on startup\nexec sleep 1000\n');
    const daemon = await rig.daemon({ confdirs: [join(rig.folder, 'event.d')] });
    await vi.waitFor(async () => {
      const { out } = await rig.ask('initctl status old');
      expect(out).toMatch(/^old \(start\) running, process \d+\n$/);
    }, 20_000);
    expect((await stop(daemon)).status).toBe(0);
  });
});

describe('its own log', () => {
  test('may be closed, or have nobody who reads it', async () => {
    await using rig = daemonRig();
    rig.file('jobs/web.conf', 'exec sleep 1000\n');
    for (const redirection of ['2>&-', '2>/dev/full', '2> >(exec true)']) {
      const within = ['bash', '-c', `exec "$0" "$@" ${redirection}`];
      const daemon = await rig.daemon({ within, args: ['--log-priority', 'debug'] });
      for (let times = 0; times < 3; times += 1) {
        expect((await rig.ask('initctl start web')).status).toBe(0);
        expect((await rig.ask('initctl stop web')).status).toBe(0);
      }
      expect((await stop(daemon)).status).toBe(0);
    }
  });
});

test('its log may be read by somebody who does not read: that holds up nobody, and costs little', async () => {
  await using rig = daemonRig();
  const log = join(rig.folder, 'fifo');
  spawnSync('mkfifo', [log]);
  const reader = openSync(log, constants.O_RDONLY | constants.O_NONBLOCK);
  const within = ['sh', '-c', `exec "$0" "$@" 2> ${log}`];
  const daemon = await rig.daemon({ within, args: ['--log-priority', 'info'] });
  using client = await connectToDaemon({ path: rig.socket });
  const env = [`X=${'x'.repeat(1000)}`];
  for (let at = 0; at < 5000; at += 1) {
    const request = { verb: 'emit', event: `flood-${at}`, env, wait: true } as const;
    for await (const _ of client.request(request));
  }
  let told = '';
  const stream = new Socket({ fd: reader, readable: true, writable: false });
  stream.setEncoding('utf8').on('data', (text) => {
    told += text;
  });
  await vi.waitFor(() => expect(told.length).toBeGreaterThan(900_000), 10_000);
  await vi.waitFor(async () => {
    expect((await rig.ask('initctl emit knock')).status).toBe(0);
    expect(told).toMatch(/domstartd: \d+ lines lost: they came faster than they were read\n/);
  }, 10_000);
  expect(told.length).toBeLessThan(2_000_000);
  // Nor is it waited for in the end.
  stream.pause();
  for (let at = 0; at < 300; at += 1) {
    const request = { verb: 'emit', event: `flood-${at}`, env, wait: true } as const;
    for await (const _ of client.request(request));
  }
  expect((await stop(daemon)).status).toBe(0);
  stream.destroy();
});

test('systemd is told when it serves, and jobs are not told of systemd', async () => {
  await using rig = daemonRig();
  rig.file('jobs/env.conf', `start on startup\nexec sh -c 'env > ${rig.folder}/env'\n`);
  const notify = join(rig.folder, 'notify');
  rig.file(
    'listen.pl',
    `use Socket; socket(my $s, AF_UNIX, SOCK_DGRAM, 0); bind($s, sockaddr_un($ARGV[0])) or die;
$| = 1; print "listening\\n"; recv($s, my $m, 4096, 0); print $m;`,
  );
  const listener = startProgram('perl', [join(rig.folder, 'listen.pl'), notify], {
    cwd: rig.folder,
    env: process.env,
  });
  await listener.said('listening');
  const daemon = await rig.daemon({ args: ['--inherit-env'], env: { NOTIFY_SOCKET: notify } });
  expect((await listener.finished).stdout).toMatch(
    new RegExp(`READY=1[^]*MAINPID=${daemon.child.pid}|MAINPID=${daemon.child.pid}[^]*READY=1`),
  );
  await vi.waitFor(() => expect(rig.read('env')).toContain('UPSTART_JOB=env'), 20_000);
  expect(rig.read('env')).not.toContain('NOTIFY_SOCKET');
  expect((await stop(daemon)).status).toBe(0);
});
