import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const BIN = resolve(import.meta.dirname, '../../bin');

/** A clone with a command line that tells its first argument, and a PATH of its own. */
let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'domstart-bin-'));
  for (const name of ['bin', 'dist', 'path']) mkdirSync(join(clone, name));
  for (const name of ['domstart', 'initctl'])
    copyFileSync(join(BIN, name), join(clone, 'bin', name));
  writeFileSync(join(clone, 'dist/cli.js'), 'console.log(process.argv[2])');
});
afterEach(() => rmSync(clone, { recursive: true }));

function addNode(version: string): void {
  const script = `#!/bin/sh\n[ "$1" = --version ] && { echo ${version}; exit; }\nexec ${process.execPath} "$@"\n`;
  writeFileSync(join(clone, 'path/node'), script, { mode: 0o755 });
}

function start(command: string, args: string[], cwd = clone) {
  const path = [join(clone, 'path'), dirname(execFileSync('which', ['sh'], { encoding: 'utf8' }))];
  // Nothing but the shell's own folder, which may hold a node of the host too: ours is first.
  return spawnSync(command, args, { cwd, env: { PATH: path.join(':') }, encoding: 'utf8' });
}

describe('bin/domstart', () => {
  test.each([
    ['from the clone', '.', ['bin/domstart', 'hello']],
    ['inside its own folder', 'bin', ['domstart', 'hello']],
    ['inside its own folder, with a path', 'bin', ['./domstart', 'hello']],
  ])('runs %s', (_, folder, args) => {
    addNode('v24.1.0');
    const { stdout, stderr } = start('/bin/sh', args, join(clone, folder));
    expect({ stdout, stderr }).toEqual({ stdout: 'hello\n', stderr: '' });
  });

  test('runs through a link', () => {
    addNode('v25.0.0');
    symlinkSync(join(clone, 'bin/domstart'), join(clone, 'link'));
    expect(start('/bin/sh', ['./link', 'hello']).stdout).toBe('hello\n');
  });

  test('says which Node it needs where the host has an old one', () => {
    addNode('v18.19.0');
    const { status, stdout, stderr } = start('/bin/sh', ['domstart', 'hello'], join(clone, 'bin'));
    expect({ status, stdout }).toEqual({ status: 69, stdout: '' });
    expect(stderr).toBe(
      `domstart: Node 24 or newer is needed, and this host has v18.19.0\n  hint: npm ci in ${clone} gets the one that belongs to it\n`,
    );
  });

  describe.each([
    ['for all', 'lib/node_modules', (place: string) => `npm install -g --prefix ${place} node@24`],
    ['in a project', 'node_modules', (place: string) => `npm install node@24 in ${place}`],
  ])('installed by npm, %s,', (_, modules, hint) => {
    let program: string;
    beforeEach(() => {
      addNode('v20.20.2');
      const folder = join(clone, modules, 'domstart');
      mkdirSync(folder, { recursive: true });
      for (const name of ['bin', 'dist']) renameSync(join(clone, name), join(folder, name));
      program = join(clone, 'domstart');
      symlinkSync(join(folder, 'bin/domstart'), program);
    });

    function addBeside(version: string): void {
      const folder = join(clone, modules, 'node/bin');
      mkdirSync(folder, { recursive: true });
      addNode(version);
      renameSync(join(clone, 'path/node'), join(folder, 'node'));
      addNode('v20.20.2');
    }

    test('says how to get a Node beside it', () => {
      const { status, stderr } = start(program, ['hello']);
      expect(status).toBe(69);
      expect(stderr).toBe(
        `domstart: Node 24 or newer is needed, and this host has v20.20.2\n  hint: ${hint(clone)} installs one beside it\n`,
      );
    });

    test('says it as a shell takes it where there are blanks in the path', () => {
      const other = join(clone, "it's mine");
      mkdirSync(other);
      renameSync(
        join(clone, modules.split('/')[0] ?? ''),
        join(other, modules.split('/')[0] ?? ''),
      );
      const { stderr } = start(join(other, modules, 'domstart/bin/domstart'), ['hello']);
      expect(stderr).toContain(hint(`'${other.replace("'", "'\\''")}'`));
    });

    test('takes that Node', () => {
      addBeside('v24.1.0');
      expect(start(program, ['hello'])).toMatchObject({ stdout: 'hello\n', stderr: '', status: 0 });
    });

    test('does not take one that is too old, either', () => {
      addBeside('v22.0.0');
      expect(start(program, ['hello']).status).toBe(69);
      addNode('v24.1.0');
      expect(start(program, ['hello']).stdout).toBe('hello\n');
    });
  });

  test('says so where nothing is built', () => {
    addNode('v24.1.0');
    rmSync(join(clone, 'dist'), { recursive: true });
    const { status, stderr } = start('/bin/sh', ['bin/domstart']);
    expect(status).toBe(69);
    expect(stderr).toContain(`npm ci (in ${clone})`);
  });
});

describe('bin/initctl', () => {
  beforeEach(() => {
    addNode('v24.1.0');
    writeFileSync(join(clone, 'dist/initctl.js'), 'console.log(process.argv.slice(2).join(" "))');
  });

  test.each([
    ['from the clone', '.', ['bin/initctl', 'list']],
    ['inside its own folder', 'bin', ['initctl', 'list']],
  ])('tells its name, %s', (_, folder, args) => {
    const { stdout, stderr } = start('/bin/sh', args, join(clone, folder));
    expect({ stdout, stderr }).toEqual({ stdout: '--called-as=initctl list\n', stderr: '' });
  });

  test('tells the name of a link, also of a link to a link', () => {
    symlinkSync(join(clone, 'bin/initctl'), join(clone, 'stop'));
    symlinkSync(join(clone, 'stop'), join(clone, 'start'));
    expect(start(join(clone, 'stop'), ['a b']).stdout).toBe('--called-as=stop a b\n');
    expect(start(join(clone, 'start'), []).stdout).toBe('--called-as=start\n');
  });
});
