import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
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

test.skipIf(findExecutable('systemd-analyze') === undefined)('systemd finds nothing wrong', () => {
  const folder = mkdtempSync(join(tmpdir(), 'domstart-unit-'));
  try {
    const file = join(folder, 'domstartd.service');
    writeFileSync(file, unit.replace('=domstartd\n', `=${join(root, 'bin/domstartd')}\n`));
    const options = { encoding: 'utf8', stdio: 'pipe' } as const;
    // What it says of other units of this host is not our affair.
    const said = execFileSync('sh', ['-c', 'systemd-analyze verify "$0" 2>&1', file], options);
    expect(said.split('\n').filter((line) => line.includes('domstartd'))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
