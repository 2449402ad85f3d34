import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { connectToDaemon } from '../../src/daemon/control/client.ts';
import { startTimeOf } from '../../src/system/proc.ts';
import { bootAndNamespace } from '../../src/system/process-list.ts';
import { isAlive } from '../support/alive.ts';
import { type DaemonRig, daemonRig, stop } from '../support/daemon.ts';

/** Words that run a Perl program: it forks, which a shell cannot do so plainly. */
const perl = (folder: string) => `exec perl ${folder}/program.pl`;

/** Two forks and a session, as a daemon does it; it has a child in its session. */
const DAEMONIZES = `use POSIX;
sub tell { open my $f, '>>', "$ARGV[0]/pids"; print $f "$$\\n"; close $f }
exit if fork; POSIX::setsid(); exit if fork;
&tell; fork; &tell; sleep 1000;`;

async function pids(rig: DaemonRig, count: number): Promise<number[]> {
  await vi.waitFor(
    () => expect(new Set(rig.read('pids').trim().split('\n')).size).toBeGreaterThanOrEqual(count),
    10_000,
  );
  return [...new Set(rig.read('pids').trim().split('\n').map(Number))];
}

describe('what a daemon that was killed left running ends before the next one starts jobs', () => {
  test.each([
    [
      'a job and its children',
      'jobs/web.conf',
      (folder: string) => `start on go
script
  echo $$ >> ${folder}/pids
  sh -c 'echo $$ >> ${folder}/pids; trap "" TERM HUP; while :; do sleep 0.2; done' &
  while :; do sleep 0.2; done
end script
`,
      2,
    ],
    [
      'children whose parent is gone at that moment as well',
      'jobs/web.conf',
      // It ends with the daemon: nobody reads any more what it writes.
      (folder: string) => `start on go
script
  echo $$ >> ${folder}/pids
  sh -c 'echo $$ >> ${folder}/pids; exec sleep 1000 > /dev/null 2>&1' &
  while :; do echo talk; done
end script
`,
      2,
    ],
    [
      'a job of event.d',
      'event.d/web',
      (folder: string) => `start on go
script
  echo $$ >> ${folder}/pids
  exec sleep 1000
end script
`,
      1,
    ],
    [
      '`expect daemon`, which has left its first session',
      'jobs/web.conf',
      (folder: string) => `start on go\nexpect daemon\n${perl(folder)} ${folder}\n`,
      2,
    ],
    [
      'a process that forks for ever',
      'jobs/web.conf',
      (folder: string) => `start on go
script
  echo $$ >> ${folder}/pids
  storm() { (sleep 0.02; storm) & }
  storm; storm; wait
  sleep 1000
end script
`,
      1,
    ],
    [
      'a post-start, while its job is on the way',
      'jobs/web.conf',
      (folder: string) => `start on go
exec sh -c 'echo $$ >> ${folder}/pids; exec sleep 1000'
post-start exec sh -c 'echo $$ >> ${folder}/pids; exec sleep 1000'
`,
      2,
    ],
  ] as const)('%s', async (_, file, text, count) => {
    await using rig = daemonRig();
    rig.file('program.pl', DAEMONIZES);
    rig.file(file, text(rig.folder));
    const confdirs = [`${rig.folder}/${file.split('/')[0]}`];
    const dead = await rig.daemon({ confdirs });
    expect((await rig.ask('initctl emit --no-wait go')).status).toBe(0);
    const left = await pids(rig, count);
    await vi.waitFor(() => {
      const list = rig.read('control.processes');
      expect(left.some((pid) => list.includes(`+${pid} `))).toBe(true);
    }, 10_000);
    await stop(dead, 'SIGKILL');
    // Who follows the forks of a job (`expect`) ends with the daemon, and takes it along.
    if (text('').includes('expect')) {
      await vi.waitFor(() => expect(left.filter(isAlive)).toEqual([]), 10_000);
    } else {
      expect(left.some(isAlive)).toBe(true);
    }
    const next = await rig.daemon({ confdirs });
    expect(left.filter(isAlive)).toEqual([]);
    expect((await stop(next)).status).toBe(0);
    expect(rig.processes()).toEqual([]);
    expect(existsSync(`${rig.socket}.processes`)).toBe(false);
  });
});

describe('nothing else is ended', () => {
  const bystander = () => spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });

  test.each([
    [
      'a pid that is somebody else’s by now',
      (pid: number, start: number) => `+${pid} ${start - 1}`,
    ],
    ['a process that had ended', (pid: number, start: number) => `+${pid} ${start}\n-${pid}`],
    ['half a line', (pid: number, start: number) => `+${pid} ${String(start).slice(0, -1)}`],
    ['a line that two became', (pid: number, start: number) => `+${pid}+${pid} ${start}`],
    ['no list', (pid: number, start: number) => `${pid} ${start}`],
  ])('%s', async (_, lines) => {
    await using rig = daemonRig();
    const child = bystander();
    const pid = child.pid ?? 0;
    try {
      const text = lines(pid, Number(startTimeOf(pid)));
      rig.file('control.processes', `domstartd ${bootAndNamespace()} 1\n${text}\n`);
      expect((await stop(await rig.daemon())).status).toBe(0);
      expect(isAlive(pid)).toBe(true);
      expect(existsSync(`${rig.socket}.processes`)).toBe(false);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test.each([
    ['of another boot', 'domstartd 0.0 1'],
    ['whose number the processes of no job have', undefined],
  ])('a session %s', async (_, head) => {
    await using rig = daemonRig();
    // A session whose first process is gone.
    const text = 'use POSIX; POSIX::setsid(); exit if fork; $| = 1; print $$; sleep 1000';
    const child = spawn('perl', ['-e', text]);
    const pid = Number(await new Promise((resolve) => child.stdout.once('data', resolve)));
    const session = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[5]);
    try {
      const start = head === undefined ? 12345 : Number(startTimeOf(pid));
      const line = head === undefined ? `+${session} ${start}` : `+${pid} ${start}`;
      rig.file('control.processes', `${head ?? `domstartd ${bootAndNamespace()} 1`}\n${line}\n`);
      expect((await stop(await rig.daemon())).status).toBe(0);
      expect(isAlive(pid)).toBe(true);
    } finally {
      process.kill(pid, 'SIGKILL');
    }
  });

  test('and what is named rightly is', async () => {
    await using rig = daemonRig();
    const child = bystander();
    const pid = child.pid ?? 0;
    rig.file(
      'control.processes',
      `domstartd ${bootAndNamespace()} 1\n+${pid} ${startTimeOf(pid)}\n`,
    );
    expect((await stop(await rig.daemon())).status).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });
});

describe('a fork whose pid the daemon did not live to write', () => {
  const ID = 'a-daemon';
  const sleeping = (environment: Record<string, string>, { leads = true } = {}) =>
    spawn('sleep', ['1000'], { detached: leads, stdio: 'ignore', env: environment });

  test.each([
    ['is ended', {}, false],
    ['a helper is, too', { kind: 'helper' }, false],
    ['not where it was written after all', { after: '+1 1\n' }, true],
    ['not where nothing was forked', { after: '!\n' }, true],
    ['also where its line has no end', { after: '+12' }, false],
    ['also where another one ended meanwhile', { before: '+1 1\n-1\n' }, false],
    ['not what started earlier', { later: 2 }, true],
    ['not what has the mark of another daemon', { mark: 'another' }, true],
    ['not what has no mark', { mark: '' }, true],
    ['not what leads no session', { leads: false }, true],
  ] as const)('%s', async (_, given, survives) => {
    const {
      kind = 'process',
      before = '',
      after = '',
      later = 0,
      mark = ID,
      leads = true,
    } = {
      ...(given as Partial<{
        kind: string;
        before: string;
        after: string;
        later: number;
        mark: string;
        leads: boolean;
      }>),
    };
    await using rig = daemonRig();
    const child = sleeping(mark === '' ? {} : { DOMSTART_DAEMON: mark }, { leads });
    const pid = child.pid ?? 0;
    try {
      const head = `domstartd ${bootAndNamespace()} 1 ${ID}\n`;
      const since = Number(startTimeOf(pid)) + later;
      rig.file('control.processes', `${head}${before}?${kind} ${since}\n${after}`);
      expect((await stop(await rig.daemon())).status).toBe(0);
      expect(isAlive(pid)).toBe(survives);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

test('the list stays small, and holds what runs', async () => {
  await using rig = daemonRig();
  rig.file('jobs/web.conf', 'exec sleep 1000\n');
  rig.file('jobs/task.conf', 'task\ninstance $N\nexec true\nstart on go\n');
  const daemon = await rig.daemon();
  expect((await rig.ask('initctl start web')).status).toBe(0);
  using client = await connectToDaemon({ path: rig.socket });
  for (let at = 0; at < 750; at += 1) {
    const request = { verb: 'emit', event: 'go', env: [`N=${at}`], wait: true } as const;
    for await (const _ of client.request(request));
  }
  const lines = rig.read('control.processes').split('\n');
  expect(lines.length).toBeLessThan(1100);
  expect(lines.some((line) => line.startsWith(`+${rig.pidsOf('web')[0]} `))).toBe(true);
  expect((await stop(daemon)).status).toBe(0);
});
