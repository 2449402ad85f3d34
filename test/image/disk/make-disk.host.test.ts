import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { bytes, checkDisk, diskRig, MIB, SMALL, sha256, stat, TYPES } from './disk-rig.ts';

const fixture = join(import.meta.dirname, 'fixtures/make.ts');

describe.each(TYPES)('a disk of %s', (type) => {
  test('is the same for the same tar, ten times, and another for another seed', async () => {
    using rig = diskRig();
    await rig.write(SMALL);
    const sums = new Set<string>();
    for (let time = 0; time < 10; time += 1) {
      await rig.make({ filesystem: type, size: 64 });
      sums.add(await sha256(rig.image));
    }
    expect(sums.size).toBe(1);
    await rig.make({ filesystem: type, size: 64, uuidSeed: 'other' });
    sums.add(await sha256(rig.image));
    expect(sums.size).toBe(2);
  });

  // Both read sizes and holes alike, and reading so much takes long.
  test.runIf(type === 'ext3')('takes files of more than 2 GiB, without their holes', async () => {
    using rig = diskRig();
    await rig.writeSparse({ path: 'large', size: 2100 * MIB }, [
      [7 * MIB, bytes(MIB)],
      [2099 * MIB, bytes(MIB)],
    ]);
    await rig.make({ filesystem: type });
    checkDisk(rig.image);
    expect(stat(rig.image, 'large')).toMatchObject({ size: String(2100 * MIB) });
    expect(Number(stat(rig.image, 'large')['sectors'])).toBeLessThan(4 * 2048);
    expect(statSync(rig.image).blocks * 512).toBeLessThan(8 * MIB);
  });
});

describe('whoever makes it', () => {
  test.runIf(process.getuid?.() === 0)('it is the same for root and for anybody else', async () => {
    using rig = diskRig();
    await rig.write(SMALL);
    chmodSync(rig.folder, 0o777);
    const other = join(rig.folder, 'other.img');
    for (const type of TYPES) {
      await rig.make({ filesystem: type, size: 64 });
      const script = 'umask 077; exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"';
      const run = [process.execPath, fixture, rig.tar, other, type];
      execFileSync('sh', ['-c', script, 'sh', ...run], {
        env: { ...process.env, TZ: 'Asia/Tokyo' },
      });
      expect(await sha256(other)).toBe(await sha256(rig.image));
      execFileSync('rm', [other]);
    }
  });

  test('killed at any moment, it leaves nothing that the next one does not remove', async () => {
    using rig = diskRig();
    await rig.write([...SMALL, { path: 'bulk', content: bytes(30 * MIB, 11) }]);
    await rig.make({ size: 64 });
    const whole = await sha256(rig.image);
    const target = join(rig.folder, 'killed.img');
    for (const delay of [60, 150, 250, 350, 500]) {
      const child = spawn(process.execPath, [fixture, rig.tar, target], { stdio: 'ignore' });
      await Promise.race([sleep(delay), once(child, 'exit')]);
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      if (existsSync(target)) expect(await sha256(target)).toBe(whole);
    }
    await rig.make({ to: target, size: 64 });
    expect(await sha256(target)).toBe(whole);
    expect(readdirSync(rig.folder).sort()).toEqual(['disk.img', 'killed.img', 'root.tar']);
  });
});
