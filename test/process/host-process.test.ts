import { userInfo } from 'node:os';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { createEngineCore } from '../../src/engine/engine.ts';
import type { JobDefinition, ProcessSpec } from '../../src/model/job.ts';
import type { Pace } from '../../src/ports/pace.ts';
import { may } from '../../src/process/host-rights.ts';
import { createProcessHost } from '../../src/process/process-host.ts';
import { systemClock } from '../../src/process/system-clock.ts';
import { findUser } from '../../src/process/user-group.ts';
import { isAlive } from '../support/alive.ts';
import { jobOf } from '../support/job.ts';

function hostEngine(jobs: readonly JobDefinition[], pace?: Pace): Engine {
  const engine = createEngineCore({
    ...createProcessHost({ clock: systemClock, consoleDevice: null }),
    clock: systemClock,
    environment: new Map([['PATH', '/usr/local/bin:/usr/bin:/bin']]),
    pace,
  });
  for (const job of jobs) engine.define(job);
  onTestFinished(() => engine.close());
  return engine;
}

const exec = (text: string): ProcessSpec => ({ kind: 'exec', text });
const script = (text: string): ProcessSpec => ({ kind: 'script', text });

function task(main: ProcessSpec, fields: Partial<JobDefinition> = {}): JobDefinition {
  return jobOf('j', { task: true, processes: { main }, ...fields });
}

async function outputOf(job: JobDefinition, variables: Record<string, string> = {}) {
  const engine = hostEngine([job]);
  const list = Object.entries(variables).map(([name, value]) => ({ name, value }));
  const run = await engine.start('j', list);
  const lines: string[] = [];
  for await (const { text } of run.lines) lines.push(text);
  return { lines, result: await run.result };
}

test('exec runs a program of the PATH and shows its output', async () => {
  const { lines, result } = await outputOf(task(exec('echo hello world')));
  expect(lines).toEqual(['hello world']);
  expect(result).toMatchObject({ result: 'ok', ending: { kind: 'exited', status: 0 } });
});

test('variables reach a program through its environment only', async () => {
  const { lines } = await outputOf(task(script('echo "$0 $#: $FILE"')), {
    FILE: '$(echo no) `echo no`',
  });
  expect(lines).toEqual(['/bin/sh 0: $(echo no) `echo no`']);
});

test('the environment is the table of the instance and nothing else', async () => {
  const { lines } = await outputOf(task(exec('env')), { X: '1' });
  expect(lines.toSorted()).toEqual([
    'PATH=/usr/local/bin:/usr/bin:/bin',
    'UPSTART_INSTANCE=',
    'UPSTART_JOB=j',
    'X=1',
  ]);
});

test('a script of several lines stops at the first that fails', async () => {
  const { lines, result } = await outputOf(task(script('echo "$0"\nfalse\necho never\n')));
  expect(lines).toEqual(['/proc/self/fd/9']);
  expect(result).toMatchObject({
    result: 'failed',
    failedProcess: 'main',
    ending: { kind: 'exited', status: 1 },
  });
});

test('a script has closed the descriptor that it is read from', async () => {
  const { lines } = await outputOf(task(script('ls /proc/self/fd/0\nls /proc/self/fd/9 || :\n')));
  expect(lines[0]).toBe('/proc/self/fd/0');
  expect(lines[1]).toContain('No such file');
});

test('stdout and stderr come in the order in which they were written', async () => {
  const { lines } = await outputOf(task(script('echo 1\necho 2 >&2\necho 3\necho 4 >&2\n')));
  expect(lines).toEqual(['1', '2', '3', '4']);
});

test('a script can open its standard descriptors by name', async () => {
  const { lines, result } = await outputOf(
    task(script('echo 1 > /dev/stdout\necho 2 >> /dev/stderr\necho 3 | tee /dev/stderr\n')),
  );
  expect(result).toMatchObject({ result: 'ok' });
  expect(lines).toEqual(['1', '2', '3', '3']);
});

test('a line without an end is told when the process is over', async () => {
  const { lines } = await outputOf(task(script('sleep 0.05\nprintf unfinished\n')));
  expect(lines).toEqual(['unfinished']);
});

test('output that would drive a terminal is neutralised', async () => {
  const { lines } = await outputOf(task(script(String.raw`printf '\033[2Jx\007\r\n' >&2`)));
  expect(lines).toEqual(['x␇']);
});

test('console none gives nothing', async () => {
  const { lines } = await outputOf(task(exec('echo hello'), { console: 'none' }));
  expect(lines).toEqual([]);
});

test('umask, nice, limit and chdir are what the process sees', async () => {
  const { lines } = await outputOf(
    task(script('umask\nnice\nulimit -n\npwd\n'), {
      umask: 0o27,
      nice: 5,
      limits: { nofile: { soft: 50, hard: 60 } },
      chdir: '/usr',
    }),
  );
  expect(lines).toEqual(['0027', '5', '50', '/usr']);
});

test.each([
  ['no such program', task(exec('/no/such/program x')), 'there is no program "/no/such/program"'],
  ['not executable', task(exec('/etc/passwd')), 'EACCES'],
  ['no such user', task(exec('true'), { setuid: 'no-such' }), 'this host has no such user'],
  ['no such group', task(exec('true'), { setgid: 'no-such' }), 'this host has no such group'],
  ['no such folder', task(exec('true'), { chdir: '/no/such' }), 'there is no folder /no/such'],
])('%s fails the job and says why', async (_name, job, message) => {
  const { result } = await outputOf(job);
  expect(result).toMatchObject({ result: 'failed', failedProcess: 'main' });
  expect(result.error?.message).toContain(message);
  expect(result).not.toHaveProperty('ending');
});

test('a script fails the job with the reason where it cannot be kept', async () => {
  vi.stubEnv('TMPDIR', '/no/such/folder');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { result } = await outputOf(task(script('echo 1\necho 2\n')));
  expect(result.error).toMatchObject({
    code: 'host-io',
    message: expect.stringMatching(/^cannot keep a script in \/no\/such\/folder: ENOENT/),
    hint: expect.stringContaining('TMPDIR'),
  });
});

test('a variable that no process can have fails the job with what to do', async () => {
  const { result } = await outputOf(task(exec('true')), { X: 'x'.repeat(200_000) });
  expect(result.error).toMatchObject({
    message: 'cannot run j main: its command and variables are too long',
    hint: expect.stringContaining('into a file'),
  });
});

test('setuid takes the user and its group, or the job fails where we may not', async () => {
  const { lines, result } = await outputOf(task(script('id -un; id -g'), { setuid: 'daemon' }));
  if (may('setuid')) expect(lines).toEqual(['daemon', String(findUser('daemon')?.gid)]);
  else expect(result).toMatchObject({ result: 'failed', failedProcess: 'main' });
});

test('setuid to the user that we are needs no rights', async () => {
  const { username } = userInfo();
  const { lines } = await outputOf(task(exec('id -un'), { setuid: username }));
  expect(lines).toEqual([username]);
});

test('stopping signals the whole group', async () => {
  const engine = hostEngine([
    jobOf('j', { processes: { main: script('sleep 1000 &\necho $!\nwait\n') } }),
  ]);
  const run = await engine.start('j');
  const lines = run.lines[Symbol.asyncIterator]();
  const child = Number((await lines.next()).value?.text);
  expect(isAlive(child)).toBe(true);
  await engine.stop('j');
  expect(await run.result).toMatchObject({
    result: 'ok',
    ending: { kind: 'signalled', signal: 'TERM' },
  });
  await expect.poll(() => isAlive(child)).toBe(false);
});

test('what ignores the kill signal is killed after kill timeout', async () => {
  const engine = hostEngine([
    jobOf('j', {
      killTimeout: 0.05,
      processes: { main: script("trap '' TERM\necho ready\nwhile :; do sleep 1; done\n") },
    }),
  ]);
  const run = await engine.start('j');
  await run.lines[Symbol.asyncIterator]().next();
  await engine.stop('j');
  expect((await run.result).ending).toEqual({ kind: 'signalled', signal: 'KILL' });
});

test.each(['pre-start', 'post-start'] as const)('kill ends the group of a %s', async (name) => {
  const engine = hostEngine([
    jobOf('j', {
      processes: {
        main: exec('sleep 1000'),
        [name]: script('sleep 1000 &\necho $!\nwait\n'),
      },
    }),
  ]);
  const run = await engine.start('j');
  const child = Number((await run.lines[Symbol.asyncIterator]().next()).value?.text);
  expect(isAlive(child)).toBe(true);
  engine.kill();
  await run.result;
  await expect.poll(() => isAlive(child)).toBe(false);
});

test('a child in the background that keeps the pipe open does not hold the job', async () => {
  const engine = hostEngine([task(script('sleep 1000 &\necho $!\n'))]);
  const run = await engine.start('j');
  const child = Number((await run.lines[Symbol.asyncIterator]().next()).value?.text);
  onTestFinished(() => void process.kill(child, 'SIGKILL'));
  expect(await run.result).toMatchObject({ result: 'ok' });
  expect(isAlive(child)).toBe(true);
});

describe('where the output comes too fast', () => {
  /** An engine whose output is taken piece by piece, and what was taken so far. */
  function paced(main: ProcessSpec) {
    const gates: (() => void)[] = [];
    const engine = hostEngine([task(main)], () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gates.push(resolve);
      return promise;
    });
    const taken: string[] = [];
    engine.on('output', ({ line }) => taken.push(line.text));
    return { engine, gates, taken };
  }

  test('no more is read than is taken', async () => {
    const { engine, gates, taken } = paced(exec('yes'));
    const run = await engine.start('j');
    await expect.poll(() => gates.length).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    // One piece of a pipe is 64 KiB, and a line of `yes` two bytes.
    expect(taken.length).toBeLessThanOrEqual(32768);
    const before = taken.length;
    gates[0]?.();
    await expect.poll(() => gates.length).toBe(2);
    expect(taken.length).toBeGreaterThan(before);
    await engine.stop('j');
    expect((await run.result).ending).toEqual({ kind: 'signalled', signal: 'TERM' });
  });

  test('a program that says goodbye when it is stopped can do so', async () => {
    const last = 'seq 1 100000; exit 7';
    const { engine, gates } = paced(script(`trap '${last}' TERM\nwhile :; do seq 1 10000; done\n`));
    const run = await engine.start('j');
    await expect.poll(() => gates.length).toBe(1);
    await engine.stop('j');
    expect((await run.result).ending).toEqual({ kind: 'exited', status: 7 });
  });

  test('a program that ends is over, and nothing of its output is lost', async () => {
    const { engine, taken } = paced(script('seq 1 10000\nseq 1 5 >&2\n'));
    const run = await engine.start('j');
    expect(await run.result).toMatchObject({ result: 'ok' });
    expect(taken).toHaveLength(10005);
  });
});
