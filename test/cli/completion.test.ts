import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controlServer, statusItem } from '../support/control-server.ts';
import { commandLine, startProgram } from '../support/domstart.ts';

const scripts: Record<string, string> = {};
let folder = '';

beforeAll(async () => {
  await using cli = await commandLine();
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { status, stdout } = await cli.run(['completion', shell]);
    expect(status).toBe(0);
    scripts[shell] = stdout;
  }
  folder = mkdtempSync(join(tmpdir(), 'domstart-completion-'));
  writeFileSync(join(folder, 'a job.conf'), 'task\n');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function bashScript(program: string): string {
  return `${scripts['bash']}
    compopt() { :; }
    COMP_WORDS=('${program}' "$@"); COMP_CWORD=$#; _domstart
    [ \${#COMPREPLY[@]} = 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`;
}

const BIN = resolve(import.meta.dirname, '../../bin/domstart');

/** Same, where the daemon listens there. */
async function completeWith(socket: string, ...words: readonly string[]): Promise<string[]> {
  const script = bashScript(BIN);
  const env = { ...process.env, DOMSTART_SOCKET: socket };
  const options = { cwd: folder, env } as const;
  const { finished } = startProgram('bash', ['-ec', script, 'bash', ...words], options);
  return (await finished).stdout.split('\n').filter((line) => line !== '');
}

/** What bash offers for the last of these words. */
function complete(...words: readonly string[]): string[] {
  const script = bashScript('domstart');
  const output = execFileSync('bash', ['-ec', script, 'bash', ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  return output.split('\n').filter((line) => line !== '');
}

describe('bash completes', () => {
  test.each([
    [['ch'], ['check', 'check-config']],
    [['start', '--no'], ['--no-wait']],
    [['events', '--type', ''], []],
    [
      ['help', 'do'],
      ['domain', 'doctor'],
    ],
    [['domain', 'un'], ['unpause']],
    [['--ver'], ['--version']],
    [['check', '--j'], ['--json']],
    [
      ['check', '--json', '--dialect', ''],
      ['event.d', 'init', 'chromeos', 'domstart'],
    ],
    [['check', '--dialect', 'e'], ['event.d']],
    [['check', '--dialect', '=', 'e'], ['event.d']],
    [
      ['check', '--dialect', '='],
      ['event.d', 'init', 'chromeos', 'domstart'],
    ],
    [['check', '--dialect=e'], ['--dialect=event.d']],
    [['run', '--log', ''], ['a job.conf']],
    [['run', 'a'], ['a job.conf']],
    [['run', '--emit', ''], []],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['setup', ''], []],
    [
      ['guest', ''],
      ['install', 'restore', 'show', 'help'],
    ],
    [['guest', 'install', '--d'], ['--dry-run']],
    [['guest', 'install', 'a'], ['a job.conf']],
    [
      ['image', ''],
      ['build', 'list', 'show', 'prune', 'export', 'import', 'help'],
    ],
    [
      ['image', 'build', '--method', ''],
      ['overlay', 'mount'],
    ],
    [['image', 'build', 'a'], ['a job.conf']],
    [['image', 'prune', '--la'], ['--larger-than']],
  ])('%j', (words, offered) => {
    expect(complete(...words)).toEqual(offered);
  });

  test("the daemon's jobs, each once, and nothing that a shell would run", async () => {
    await using server = await controlServer({
      onRequest({ item, done }) {
        for (const name of ['web', 'web', 'net/eth0', '$(touch x)', 'b c', 'wait']) {
          item(statusItem(name, { instance: '1' }));
        }
        done();
      },
    });
    const offered = await completeWith(server.path, 'start', 'w');
    expect(offered).toEqual(['wait', 'web']);
    expect(await completeWith(server.path, 'status', '')).toEqual(['net/eth0', 'wait', 'web']);
  });

  test('no jobs without a daemon', async () => {
    expect(await completeWith('/nowhere/control', 'stop', '')).toEqual([]);
  });

  test('every command of --help', async () => {
    await using cli = await commandLine();
    const { stdout } = await cli.run(['--help']);
    const listed = Array.from(stdout.matchAll(/^ {2}([a-z]+) (?:\[|<| )/gm), ([, name]) => name);
    expect(listed).toContain('run');
    expect(complete('')).toEqual(expect.arrayContaining(listed));
  });
});

describe('zsh and fish are told the same', () => {
  test.each(['zsh', 'fish'])('%s', (shell) => {
    const script = scripts[shell] ?? '';
    for (const word of [
      'check',
      'completion',
      'event.d init chromeos domstart',
      'dialect',
      'bash zsh fish',
    ]) {
      expect(script).toContain(word);
    }
    // An apostrophe in a text would end it early, were it not quoted.
    expect(script.replaceAll(/'\\''|\\'/g, '').split("'").length % 2).toBe(1);
  });
});
