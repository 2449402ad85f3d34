import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import type { ProcessSpec } from '../../../src/model/job.ts';
import type { Spawned } from '../../../src/ports/main-process.ts';
import { isAlive } from '../../support/alive.ts';
import { exec, type MainRig, mainRig, type RigOptions, script } from '../main-rig.ts';
import { HEARS } from './hears.ts';

/**
 * Perl that forks `n` times and then says who it is; each parent ends at once. Where the kernel does
 * not tell, a process that was gone between two looks is known by the session that it began.
 */
function daemon(n: number, then = 'sleep 1000'): ProcessSpec {
  const session = HEARS ? '' : 'POSIX::setsid() if $_ == 1;';
  const forks = `for (1 .. ${n}) { exit 0 if fork; ${session} }`;
  const program = `use POSIX; ${forks} $| = 1; print "I am $$\\n"; ${then}`;
  return exec(`perl -e '${program.replaceAll('\\', '\\\\')}'`.replaceAll('\\\\n', '\\n'));
}

async function spawnRig(
  expected: 'fork' | 'daemon',
  spec: ProcessSpec,
  options: RigOptions = {},
): Promise<MainRig & { readonly spawned: Spawned & { readonly pid: number } }> {
  const rig = mainRig(spec, { ...options, fields: { expect: expected, ...options.fields } });
  const spawned = (await rig.main.spawn()) as Spawned & { readonly pid: number };
  return { ...rig, spawned };
}

const forksOf = ({ told }: MainRig) =>
  told.filter((text) => text.startsWith('fork ')).map((text) => Number(text.slice(5)));

const commandOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'latin1');

/** The process that says so in a line. */
async function iAm({ lines }: MainRig): Promise<number> {
  const pid = () => Number(/^I am (\d+)$/.exec(lines()[0] ?? '')?.[1]);
  await expect.poll(pid).toBeGreaterThan(1);
  return pid();
}

describe.each([
  ['fork', 1],
  ['daemon', 2],
] as const)('expect %s', (kind, count) => {
  test('follows to the daemon, even where all is over at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const rig = await spawnRig(kind, daemon(count));
      await rig.spawned.expected;
      const forks = forksOf(rig);
      expect(forks).toHaveLength(count);
      expect(forks.at(-1)).toBe(await iAm(rig));
      rig.main.terminate();
      expect(await rig.spawned.ended).toEqual({ kind: 'signalled', signal: 'TERM' });
      expect(isAlive(forks.at(-1) as number)).toBe(false);
    }
  });

  test('gives the exit status of the daemon', async () => {
    const rig = await spawnRig(kind, daemon(count, 'exit 7'));
    expect(await rig.spawned.ended).toEqual({ kind: 'exited', status: 7 });
    await rig.spawned.expected;
    expect(rig.told.filter((text) => text.includes('expect'))).toEqual([]);
  });

  test('a program that ends before is an ordinary end', async () => {
    const rig = await spawnRig(kind, script('exit 5'));
    const expected = vi.fn();
    rig.spawned.expected?.then(expected, expected);
    expect(await rig.spawned.ended).toEqual({ kind: 'exited', status: 5 });
    expect(expected).not.toHaveBeenCalled();
    expect(rig.clock.armed).toBe(0);
  });
});

test('the pid before the forks is the job’s, not the helper’s', async () => {
  const { spawned } = await spawnRig('fork', exec('sleep 1000'));
  expect(commandOf(spawned.pid)).toBe('sleep\x001000\0');
});

test('a child is followed as soon as it is forked, while its parent lives on', async () => {
  const rig = await spawnRig(
    'fork',
    exec(`perl -e 'if (fork) { sleep 1000 } $| = 1; print "I am $$\\n"; sleep 1000'`),
  );
  await rig.spawned.expected;
  expect(forksOf(rig)).toEqual([await iAm(rig)]);
  expect(isAlive(rig.spawned.pid)).toBe(true);
  rig.main.terminate();
  expect(await rig.spawned.ended).toEqual({ kind: 'signalled', signal: 'TERM' });
  expect(isAlive(rig.spawned.pid)).toBe(false);
});

test('a parent that waits for the first child is no hindrance', async () => {
  for (let round = 0; round < 10; round += 1) {
    const rig = await spawnRig(
      'daemon',
      exec(
        `perl -e 'if (fork) { wait; sleep 1000 } exit 0 if fork; $| = 1; print "I am $$\\n"; sleep 1000'`,
      ),
    );
    await rig.spawned.expected;
    expect(forksOf(rig).at(-1)).toBe(await iAm(rig));
    rig.main.kill();
    await rig.spawned.ended;
  }
});

test('commands that a script runs before are no forks', async () => {
  const rig = await spawnRig(
    'fork',
    script(`sleep 0.02\n/bin/true\nsleep 0.02\nexec ${daemon(1).text}\n`),
  );
  await rig.spawned.expected;
  expect(forksOf(rig)).toEqual([await iAm(rig)]);
});

test('an exec behind the first of two forks ends the waiting', async () => {
  const rig = await spawnRig(
    'daemon',
    exec(`perl -e 'exit 0 if fork; select undef, undef, undef, 0.1; exec "sleep", "1000"'`),
  );
  await rig.spawned.expected;
  const [pid] = forksOf(rig);
  expect(commandOf(pid as number)).toBe('sleep\x001000\0');
});

test('attributes and variables are those of the job, Perl’s own included', async () => {
  const rig = await spawnRig('fork', script('umask\nprintenv PERL5OPT PERL_BADLANG\npwd\n'), {
    environment: { PERL5OPT: '-Mnothing', PERL_BADLANG: '1', LC_ALL: 'no_SUCH' },
    fields: { umask: 0o27, chdir: '/usr' },
  });
  expect(await rig.spawned.ended).toEqual({ kind: 'exited', status: 0 });
  expect(rig.lines()).toEqual(['0027', '-Mnothing', '1', '/usr']);
});

test('a program that is not there fails the spawn', async () => {
  await expect(spawnRig('fork', exec('/no/such/program'))).rejects.toMatchObject({
    code: 'file-missing',
    cause: { message: 'unable to execute: No such file or directory' },
  });
});

test('without Perl it is said what to install', async () => {
  vi.stubEnv('PATH', '/no/such');
  const rig = mainRig(exec('true'), { fields: { expect: 'fork' } });
  const spawned = rig.main.spawn();
  vi.unstubAllEnvs();
  await expect(spawned).rejects.toMatchObject({
    code: 'host-incapable',
    hint: 'install perl-base',
  });
});

test.each([
  [
    'fork',
    script('read x < /dev/zero || :; sleep 1000'),
    'it did not fork',
    'take "expect fork" out',
  ],
  ['daemon', daemon(1), 'it forked once', 'write "expect fork"'],
] as const)(
  'where the forks of expect %s do not come, it is said',
  async (kind, spec, seen, hint) => {
    const rig = await spawnRig(kind, spec);
    if (kind === 'daemon') await expect.poll(() => forksOf(rig)).toHaveLength(1);
    const unmet = expect(rig.spawned.expected).rejects.toMatchObject({
      code: 'expect-unmet',
      message: expect.stringContaining(seen),
      hint: expect.stringContaining(hint),
    });
    rig.clock.turn(30_000);
    await unmet;
  },
);

test('what a followed process leaves running is named and killed', async () => {
  const rig = await spawnRig(
    'fork',
    exec(
      `perl -e 'exit 0 if fork; if (fork) { sleep 1; exit 0 } $| = 1; print "I am $$\n"; sleep 1000'`,
    ),
  );
  const left = await iAm(rig);
  expect(await rig.spawned.ended).toEqual({ kind: 'exited', status: 0 });
  expect(isAlive(left)).toBe(false);
  const [forked] = forksOf(rig);
  expect(rig.warnings().at(-1)).toBe(
    `expect fork: process ${forked} ended, and process ${left} (perl) that it forked ran on: killed; ` +
      'where it forks twice to be a daemon, write "expect daemon"',
  );
});

test('all is killed, whatever group it went to and whatever it ignores', async () => {
  const stubborn = `$SIG{TERM} = "IGNORE"; $| = 1;`;
  const rig = await spawnRig(
    'fork',
    exec(
      `perl -e '${stubborn} exit 0 if fork; if (!fork) { setpgrp; print "I am $$\\n"; } sleep 1 while 1'`,
    ),
  );
  await rig.spawned.expected;
  const other = await iAm(rig);
  rig.main.terminate();
  expect(isAlive(forksOf(rig)[0] as number)).toBe(true);
  rig.main.kill();
  expect(await rig.spawned.ended).toEqual({ kind: 'signalled', signal: 'KILL' });
  expect(isAlive(other)).toBe(false);
});

test('reload goes to the process that is followed, alone', async () => {
  const rig = await spawnRig(
    'fork',
    exec(
      `perl -e 'exit 0 if fork; $| = 1; $SIG{HUP} = sub { print "HUP\\n" }; print "I am $$\\n"; sleep 1 while 1'`,
    ),
  );
  await rig.spawned.expected;
  await iAm(rig);
  rig.main.reload?.();
  await expect.poll(() => rig.lines()[1]).toBe('HUP');
});

test('where the helper is killed, so is what it followed', async () => {
  const rig = await spawnRig('daemon', daemon(2));
  await rig.spawned.expected;
  const pid = await iAm(rig);
  const helper = Number(/\) . (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]);
  process.kill(helper, 'SIGKILL');
  expect(await rig.spawned.ended).toMatchObject({ kind: 'failed', error: { code: 'host-io' } });
  await expect.poll(() => isAlive(pid)).toBe(false);
});
