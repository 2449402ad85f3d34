import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cacheFolder } from '../../src/host/paths.ts';
import { isAble, leftIn, loopFiles, mountsAnywhere } from '../image/mount/mount-rig.ts';
import { commandLine } from '../support/domstart.ts';
import { makeSmallRoot } from '../support/small-root.ts';

let folder: string;
let cache: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-image-mount-'));
  cache = join(folder, 'cache');
  mkdirSync(cache);
  symlinkSync(join(cacheFolder(), 'packages'), join(cache, 'packages'));
  await makeSmallRoot(join(folder, 'root'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(isAble)('image build --method mount', () => {
  test('makes an image that a run of the job boots', async () => {
    await using cli = await commandLine();
    const file = join(folder, 'one.conf');
    const lines = [
      ...['start on startup', 'task', 'timeout 100'],
      ...[`image from directory ${join(folder, 'root')}`, 'image size 64M', 'image hostname made'],
      ...['guest init direct', 'guest one', 'script'],
      ...['echo "host $(cat /etc/hostname)"; df / | tail -n 1; exit 7', 'end script', 'end guest'],
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const env = { DOMSTART_CACHE: cache };
    const built = await cli.run(['image', 'build', '--method', 'mount', file], { env });
    expect(built).toMatchObject({ status: 0 });
    expect(built.stdout).toMatch(/\/images\/[0-9a-f]{20}\/disk\.img\n$/);
    const run = await cli.run(['run', file], { env });
    expect(run.stdout).toContain('host made');
    expect(run.status).toBe(7);
    const images = readdirSync(join(cache, 'images')).filter((name) => !name.includes('.'));
    expect(images).toHaveLength(1);
    expect(leftIn(cache)).toEqual([]);
    expect(mountsAnywhere()).not.toContain(folder);
    expect(loopFiles()).not.toContain(folder);
  });
});
