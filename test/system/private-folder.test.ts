import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { preparePrivateFolder } from '../../src/system/private-folder.ts';

const RUN = { what: 'run folder', hint: 'set DOMSTART_RUN' };
const prepare = (folder: string) => preparePrivateFolder(folder, RUN);

describe('the run folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'domstart-paths-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made for us alone', async () => {
    await prepare(join(folder, 'a/run'));
    expect(statSync(join(folder, 'a/run')).mode & 0o777).toBe(0o700);
    await prepare(join(folder, 'a/run'));
  });

  it('is refused where others can write to it, or where it is something else', async () => {
    const run = join(folder, 'run');
    mkdirSync(run);
    chmodSync(run, 0o777);
    await expect(prepare(run)).rejects.toThrow('can be written to by others');
    symlinkSync('/tmp', join(folder, 'link'));
    await expect(prepare(join(folder, 'link'))).rejects.toThrow('is not a folder');
    writeFileSync(join(folder, 'file'), '');
    await expect(prepare(join(folder, 'file'))).rejects.toMatchObject({
      code: 'host-io',
      message: `cannot use the run folder ${join(folder, 'file')}: it is not a folder`,
      hint: 'set DOMSTART_RUN',
    });
  });

  it('is told where a file system makes no folders', async () => {
    await expect(prepare('/proc/none/run')).rejects.toMatchObject({
      code: 'host-io',
      message: expect.stringContaining('cannot make the run folder /proc/none/run: ENOENT'),
    });
  });
});
