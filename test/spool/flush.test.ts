import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { flushFiles } from '../../src/spool/flush.ts';

test('every file is flushed, whatever lies beside it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'domstart-test-'));
  const handle = await open('/dev/null');
  const flushed = vi.spyOn(Object.getPrototypeOf(handle), 'datasync');
  try {
    mkdirSync(join(folder, 'output/deep'), { recursive: true });
    for (let at = 0; at < 40; at += 1) writeFileSync(join(folder, 'output/deep', `${at}`), 'x');
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/output/`), Buffer.from([0xff])]), 'x');
    // None of these is opened: a pipe would never let go.
    spawnSync('mkfifo', [join(folder, 'pipe')]);
    symlinkSync(join(folder, 'pipe'), join(folder, 'link'));
    await flushFiles(Buffer.from(folder));
    expect(flushed).toHaveBeenCalledTimes(41);
    // A result that has nothing in it yet.
    await flushFiles(Buffer.from(join(folder, 'none')));
  } finally {
    flushed.mockRestore();
    await handle.close();
    rmSync(folder, { recursive: true });
  }
});
