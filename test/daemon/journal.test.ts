import { mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { type DaemonRig, daemonRig, stop } from '../support/daemon.ts';
import { apart } from '../support/domstart.ts';

const bare = (line: string) =>
  line
    .replace(/\d{4}-\S+ \S+( +\d[\d.]* m?s)?/, 'TIME')
    .trim()
    .replaceAll(/ +/g, ' ');

async function history(rig: DaemonRig, words = ''): Promise<string[]> {
  const { out, err, status } = await rig.ask(`domstart history${words}`);
  expect({ err, status }).toEqual({ err: '', status: 0 });
  return out.trimEnd().split('\n').slice(1).map(bare);
}

test('what a daemon has run is there afterwards, and what it was killed in is interrupted', async () => {
  await using rig = daemonRig();
  rig.file('jobs/good.conf', 'task\nexec true\n');
  rig.file('jobs/bad.conf', 'start on go\ntask\nexec sh -c "exit 3"\n');
  rig.file('jobs/none.conf', 'task\nexec /nowhere/at-all\n');
  rig.file('jobs/web.conf', 'start on startup\ninstance $NAME\nenv NAME=a\nexec sleep 1000\n');
  const daemon = await rig.daemon();
  await rig.ask('domstart start good');
  await rig.ask('domstart emit go');
  await rig.ask('domstart start none');
  await vi.waitFor(async () => {
    expect(await history(rig)).toEqual([
      '4 none TIME failed, file missing',
      '3 bad TIME failed, exit status 3',
      '2 good TIME ok, exit status 0',
      '1 web (a) TIME running',
    ]);
  }, 10_000);
  expect(await history(rig, ' bad --limit 1')).toEqual(['3 bad TIME failed, exit status 3']);
  const { out } = await rig.ask('domstart history web --json');
  expect(JSON.parse(out)).toEqual({
    ...{ run: 1, job: 'web', instance: 'a', result: 'running' },
    startedAt: expect.any(Number),
  });
  daemon.child.kill('SIGKILL');
  await daemon.finished;
  expect((await history(rig)).at(-1)).toBe('1 web (a) TIME interrupted');

  const next = await rig.daemon();
  await vi.waitFor(
    async () => expect((await history(rig))[0]).toBe('5 web (a) TIME running'),
    10_000,
  );
  expect(await stop(next)).toMatchObject({ status: 0 });
  expect((await history(rig))[0]).toBe('5 web (a) TIME ok, killed by TERM');
  const { out: shown } = await rig.ask('domstart show 3');
  expect(shown.split('\n').map((line) => line.replace(/^ +\+\d+ ms/, '+'))).toEqual([
    expect.stringMatching(/^bad: failed, exit status 3, \d+ ms in all$/),
    expect.stringMatching(/^ {2}run 3, from \S+ \S+ UTC until \S+ \S+ UTC$/),
    '',
    '+  starting JOB=bad INSTANCE=',
    '+  started JOB=bad INSTANCE=',
    expect.stringMatching(
      /^\+ {2}stopping JOB=bad INSTANCE= RESULT=failed PROCESS=main EXIT_STATUS=3/,
    ),
    expect.stringMatching(
      /^\+ {2}stopped JOB=bad INSTANCE= RESULT=failed PROCESS=main EXIT_STATUS=3/,
    ),
    '',
  ]);
});

test('two daemons share a state folder', async () => {
  await using rig = daemonRig();
  await using other = daemonRig();
  const state = { env: { DOMSTART_STATE: join(rig.folder, 'state') } };
  rig.file('jobs/one.conf', 'task\nexec true\n');
  other.file('jobs/two.conf', 'task\nexec true\n');
  const daemons = [await rig.daemon(), await other.daemon(state)];
  await Promise.all([rig.ask('domstart start one'), other.ask('domstart start two')]);
  for (const daemon of daemons) expect((await stop(daemon)).status).toBe(0);
  expect((await history(rig)).map((line) => line.split(/ +/)[1]).toSorted()).toEqual([
    'one',
    'two',
  ]);
});

test('a daemon that does exactly as Upstart keeps no journal', async () => {
  await using rig = daemonRig();
  expect((await stop(await rig.daemon({ args: ['--exactly'] }))).status).toBe(0);
  const { err, status } = await rig.ask('domstart history');
  expect(status).toBe(66);
  expect(err).toContain(`no journal: ${rig.folder}/state/journal.db does not exist`);
  expect(err).toContain('--state');
});

test('a damaged journal: the daemon says so, and begins a new one', async () => {
  await using rig = daemonRig();
  rig.file('jobs/one.conf', 'task\nexec true\n');
  mkdirSync(join(rig.folder, 'state'), { mode: 0o700 });
  rig.file('state/journal.db', 'some text\n'.repeat(1000));
  const read = await rig.ask('domstart history');
  expect(read).toMatchObject({ status: 74, out: '' });
  expect(read.err).toContain('is damaged: file is not a database');
  const daemon = await rig.daemon();
  await rig.ask('domstart start one');
  const { status, err } = await stop(daemon);
  expect(status).toBe(0);
  const aside = /it is at (\S+) now, and a new one is begun/.exec(err)?.[1] ?? '';
  expect(readFileSync(aside, 'utf8')).toContain('some text');
  expect(err.match(/is damaged/g)).toHaveLength(1);
  expect(await history(rig)).toHaveLength(1);
});

test('a journal of a later Domstart: the daemon does not start, and says why', async () => {
  await using rig = daemonRig();
  mkdirSync(join(rig.folder, 'state'), { mode: 0o700 });
  {
    using database = new DatabaseSync(join(rig.folder, 'state/journal.db'));
    database.exec('PRAGMA user_version = 99');
  }
  const { status, stderr } = await rig.spawn().finished;
  expect(status).toBe(74);
  expect(stderr).toContain('is of version 99, and this Domstart knows up to');
  expect(stderr).toContain('--state');
});

/** Runs what follows with a disk of two megabytes at its first word, which nobody else sees. */
const SMALL_DISK = 'mount -t tmpfs -o size=2m,mode=700 domstart "$0" && exec "$@"';

test('a full disk under the journal: jobs go on, it is told once, and nothing is lost', async () => {
  await using rig = daemonRig();
  const disk = join(rig.folder, 'disk');
  mkdirSync(disk, { mode: 0o700 });
  rig.file('jobs/task.conf', 'task\nexec true\n');
  const daemon = rig.spawn({
    within: [...apart('mount'), 'sh', '-ec', SMALL_DISK, disk],
    args: ['--state', disk],
  });
  await daemon.said('serves the jobs of');
  const inside = (name: string) => `/proc/${daemon.child.pid}/root${disk}/${name}`;
  const { bavail, bsize } = statfsSync(inside(''));
  writeFileSync(inside('ballast'), Buffer.alloc(bavail * bsize));
  for (let times = 0; times < 60; times += 1) {
    expect(await rig.ask('initctl start task')).toMatchObject({ status: 0, err: '' });
  }
  await daemon.said('no room for the journal');
  rmSync(inside('ballast'));
  // SQLite finds no file by the name that this disk has for us.
  const copy = join(rig.folder, 'copy');
  mkdirSync(copy, { mode: 0o700 });
  await vi.waitFor(
    () => {
      for (const part of ['', '-wal']) {
        writeFileSync(join(copy, `journal.db${part}`), readFileSync(inside(`journal.db${part}`)));
      }
      using database = new DatabaseSync(join(copy, 'journal.db'));
      const { n } =
        database.prepare("SELECT count(*) AS n FROM runs WHERE result = 'ok'").get() ?? {};
      expect(n).toBe(60);
    },
    { timeout: 25_000, interval: 500 },
  );
  const { status, err } = await stop(daemon);
  expect(status).toBe(0);
  expect(err.match(/no room for the journal/g)).toHaveLength(1);
}, 60_000);
