import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { placeUnit } from '../../src/cli/systemd-unit.ts';
import { findExecutable } from '../../src/system/find-executable.ts';

const root = resolve(import.meta.dirname, '../..');
const unit = readFileSync(join(root, 'systemd/domstartd.service'), 'utf8');

test('the unit ships, and says what the daemon does', () => {
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    files: string[];
  };
  expect(files).toContain('systemd');
  for (const line of [
    'Type=notify',
    'ExecStart=domstartd',
    'ExecReload=kill -HUP $MAINPID',
    'KillMode=mixed',
    'RuntimeDirectory=domstart',
    'LogsDirectory=domstart',
  ]) {
    expect(unit.split('\n')).toContain(line);
  }
});

function printUnit(): string {
  return execFileSync(join(root, 'bin/domstart'), ['daemon', '--print-unit'], { encoding: 'utf8' });
}

test('--print-unit prints it with the program of this installation', () => {
  const printed = printUnit();
  expect(printed.split('\n').filter((line) => !unit.split('\n').includes(line))).toEqual([
    expect.stringMatching(/^Environment="?PATH=.*:\/usr\/local\/sbin:/),
    `ExecStart=${join(root, 'bin/domstartd')}`,
  ]);
  expect(printed).not.toContain('ExecStart=domstartd');
});

test('what it names runs where there is nothing but what it names', () => {
  const printed = printUnit();
  const [, path = ''] = /^Environment=PATH=(.*)$/m.exec(printed) ?? [];
  const [, program = ''] = /^ExecStart=(.*)$/m.exec(printed) ?? [];
  const { status, stdout } = spawnSync(program, ['--help'], {
    env: { PATH: path },
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('--confdir') });
});

test('paths are written as systemd reads them', () => {
  const placed = placeUnit('[Service]\nExecStart=domstartd\nType=notify\n', {
    bin: '/a "b"/100%/bin',
    path: '/my node:/bin',
  });
  expect(placed).toBe(
    '[Service]\nEnvironment="PATH=/my node:/bin"\nExecStart="/a \\"b\\"/100%%/bin/domstartd"\nType=notify\n',
  );
});

test('--print-unit takes no options of a daemon that would not be in it', () => {
  const args = ['daemon', '--print-unit', '--confdir', 'jobs'];
  const { status, stdout, stderr } = spawnSync(join(root, 'bin/domstart'), args, {
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
  expect(stderr).toContain('--print-unit');
});

test.skipIf(findExecutable('systemd-analyze') === undefined)('systemd finds nothing wrong', () => {
  const folder = mkdtempSync(join(tmpdir(), 'domstart-unit-'));
  try {
    const file = join(folder, 'domstartd.service');
    writeFileSync(file, printUnit());
    const options = { encoding: 'utf8', stdio: 'pipe' } as const;
    // What it says of other units of this host is not our affair.
    const said = execFileSync('sh', ['-c', 'systemd-analyze verify "$0" 2>&1', file], options);
    expect(said.split('\n').filter((line) => line.includes('domstartd'))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
