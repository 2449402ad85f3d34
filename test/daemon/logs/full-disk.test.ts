import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { apart, startProgram } from '../../support/domstart.ts';

test('a disk that is full, and one that is read-only: nothing is lost, and each is told once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'domstart-logs-'));
  // A disk of one megabyte, in a mount namespace of its own: it goes with its last process.
  const script = 'mount -t tmpfs -o size=1m domstart "$0" && exec "$@" "$0"';
  const fixture = join(import.meta.dirname, 'fixtures/full-disk.ts');
  const inside = ['sh', '-ec', script, folder, process.execPath, fixture];
  const [unshare = '', ...args] = [...apart('mount'), ...inside];
  const { status, stdout, stderr } = await startProgram(unshare, args, {
    cwd: folder,
    env: process.env,
  }).finished;
  rmSync(folder, { recursive: true });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const full = `cannot write the logs in ${folder}: ENOSPC: no space left on device, write`;
  const readOnly = expect.stringMatching(/^begun: cannot write the logs in .*: EROFS: read-only/);
  expect(JSON.parse(stdout)).toEqual({
    whenFull: [`begun: ${full}`],
    afterFull: { problems: [`begun: ${full}`, `over: ${full}`], whole: true },
    other: 'other\n',
    whenReadOnly: [readOnly],
    afterReadOnly: { problems: [expect.stringMatching(/^over: .* EROFS/)], end: 'kept\n' },
  });
});
