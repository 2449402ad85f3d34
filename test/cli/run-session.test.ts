/** `initctl` inside the jobs of `domstart run`: it reaches that run, and never a daemon. */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isAlive } from '../support/alive.ts';
import { commandLine } from '../support/domstart.ts';

const env = { PATH: `${resolve('bin')}:${process.env['PATH']}` };

/** A folder with these files; it goes with the scope. */
function folderOf(files: Readonly<Record<string, string>>): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'domstart-jobs-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

const task = (script: string) => `start on startup\ntask\nscript\n${script}\nend script\n`;

describe('initctl in a job of domstart run', () => {
  test('emits to the jobs of the run, starts and stops them, and tells of them', async () => {
    await using cli = await commandLine();
    using jobs = folderOf({
      'asks.conf': task(
        [
          'initctl emit hello WHO=me',
          'initctl start service | sed "s/process.*/process/"',
          'initctl stop service',
          'initctl list | sed "s/process.*/process/"',
          'initctl status nobody || echo "exit status $?"',
        ].join('\n'),
      ),
      'greets.conf': 'start on hello\ntask\nexec echo "hello $WHO"\n',
      'service.conf': 'normal exit TERM\nexec sleep 4711.4713\n',
    });
    const { stdout } = await cli.run(['run', '-q', jobs.path], { env });
    expect(stdout.split('\n')).toEqual([
      'greets: hello me',
      'asks: service start/running, process',
      'asks: service stop/waiting',
      'asks: asks start/running, process',
      'asks: greets stop/waiting',
      'asks: service stop/waiting',
      'asks: initctl: Unknown job: nobody',
      'asks: exit status 1',
      '',
    ]);
  });

  test('as that of 0.3, where all jobs are', async () => {
    await using cli = await commandLine();
    using jobs = folderOf({
      'event.d/asks':
        'start on startup\nconsole output\nexec sh -c "initctl emit hello you | head -n 1"\n',
      'event.d/greets': 'start on hello\nconsole output\nexec echo hello $1\n',
    });
    const { stdout, status } = await cli.run(['run', '-q', join(jobs.path, 'event.d')], { env });
    expect(stdout.split('\n').sort()).toEqual(['', 'asks: hello you', 'greets: hello you']);
    expect(status).toBe(0);
  });

  test('is told what a run does not have', async () => {
    await using cli = await commandLine();
    using jobs = folderOf({
      'asks.conf': task('initctl reload-configuration || true\ndomstart console asks || true'),
    });
    const { stdout } = await cli.run(['run', '-q', join(jobs.path, 'asks.conf')], { env });
    expect(stdout).toContain('initctl: `domstart run` reads its job files once\n');
    expect(stdout).toContain('domstart: `domstart run` keeps no logs of its jobs\n');
  });

  test('uses a socket that is for its owner alone', async () => {
    await using cli = await commandLine();
    const script = [
      `socket=\${UPSTART_SESSION#unix:path=}`,
      'stat -c "%a %F" "$socket" "$(dirname "$socket")"',
      'dirname "$(dirname "$socket")"',
    ];
    using jobs = folderOf({ 'asks.conf': task(script.join('\n')) });
    const { stdout } = await cli.run(['run', '-q', join(jobs.path, 'asks.conf')], { env });
    expect(stdout).toBe(`600 socket\n700 directory\n${cli.runs}\n`);
  });

  test('reaches nobody where there is no place for a socket, and that is told', async () => {
    await using cli = await commandLine();
    using jobs = folderOf({ 'asks.conf': task('initctl list || true'), file: '' });
    const runs = join(jobs.path, 'file');
    const { stdout, stderr, status } = await cli.run(['run', '-q', join(jobs.path, 'asks.conf')], {
      env: { ...env, DOMSTART_RUN: runs },
    });
    expect(stderr).toContain(`initctl in these jobs reaches nobody: cannot use the run folder`);
    expect(stdout).toContain(`initctl: no daemon at ${runs}/run/control`);
    expect(status).toBe(0);
  });

  test('finds it also where the name of the usual place is too long for a socket', async () => {
    await using cli = await commandLine();
    using jobs = folderOf({ 'asks.conf': task('initctl version') });
    const { stdout } = await cli.run(['run', '-q', join(jobs.path, 'asks.conf')], {
      env: { ...env, DOMSTART_RUN: join(cli.runs, 'x'.repeat(80)) },
    });
    expect(stdout).toBe('init (upstart 1.13.2)\n');
  });
});

describe('the socket of domstart run is removed', () => {
  const service = task('echo ready\nexec sleep 4711.4714').replace('task\n', '');

  test.for([
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('after %s', async ([signal, expected]) => {
    await using cli = await commandLine();
    using jobs = folderOf({ 'service.conf': service });
    const run = cli.start(['run', join(jobs.path, 'service.conf')], { env });
    await run.said('ready');
    expect(readdirSync(cli.runs)).toHaveLength(1);
    run.child.kill(signal);
    expect((await run.finished).status).toBe(expected);
    expect(readdirSync(cli.runs)).toEqual([]);
  });

  test('after SIGKILL by the next start, which ends what the run left running', async () => {
    await using cli = await commandLine();
    using jobs = folderOf({
      'service.conf': service.replace('ready', () => 'ready $$'),
      'other.conf': task('echo other'),
    });
    const run = cli.start(['run', '-q', join(jobs.path, 'service.conf')], { env });
    let printed = '';
    run.child.stdout.on('data', (text) => {
      printed += text;
    });
    await run.said('ready');
    run.child.kill('SIGKILL');
    await once(run.child, 'exit');
    const left = Number(/ready (\d+)/.exec(printed)?.[1]);
    expect(isAlive(left)).toBe(true);
    expect(readdirSync(cli.runs)).toHaveLength(1);
    await cli.run(['run', '-q', join(jobs.path, 'other.conf')], { env });
    expect(isAlive(left)).toBe(false);
    expect(readdirSync(cli.runs)).toEqual([]);
  });
});
