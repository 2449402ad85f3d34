import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHostDomains } from '../../../src/embed/host-domains.ts';
import { sweepTemporaries, withTemporary } from '../../../src/system/cache-entry.ts';
import { noteMount } from '../../../src/system/mount-journal.ts';
import { ownerName } from '../../../src/system/owner-name.ts';
import { systemClock } from '../../support/system-clock.ts';
import { isAble, leftIn, loopFiles, mountsAnywhere } from './mount-rig.ts';

let folder: string;
let cache: string;
let point: string;
let disk: string;

const deadName = () => ownerName().replace(/\.(\d+)\.(\d+)\./, '.$1.1.');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-journal-'));
  cache = join(folder, 'the cache');
  const work = join(cache, 'tmp', deadName());
  point = join(work, 'root');
  disk = join(work, 'disk.img');
  mkdirSync(point, { recursive: true });
  execFileSync('truncate', ['-s', '16M', disk]);
  execFileSync('mke2fs', ['-q', '-F', disk]);
});
afterEach(() => {
  execFileSync('sh', ['-c', 'umount -l "$1/proc" "$1" 2> /dev/null; exit 0', 'end', point]);
  rmSync(folder, { recursive: true, force: true });
});

function noteOfTheDead(): void {
  mkdirSync(join(cache, 'mounts'));
  writeFileSync(join(cache, 'mounts', deadName()), JSON.stringify({ disk, point }));
}

function mountIt(): void {
  execFileSync('mount', ['-o', 'loop', disk, point]);
  mkdirSync(join(point, 'proc'));
  execFileSync('mount', ['-t', 'proc', 'proc', join(point, 'proc')]);
}

function nothingIsLeft(): void {
  expect(mountsAnywhere()).not.toContain(folder);
  expect(loopFiles()).not.toContain(folder);
  expect(leftIn(cache)).toEqual([]);
}

describe.runIf(isAble)('what a dead process has mounted', () => {
  it('is unmounted, from the innermost on, and its folder goes then', async () => {
    noteOfTheDead();
    mountIt();
    await sweepTemporaries(cache);
    nothingIsLeft();
  });

  it('goes where a process is in it, too, and nothing of what is mounted is removed', async () => {
    noteOfTheDead();
    mountIt();
    const busy = spawn('sleep', ['1000'], { cwd: point });
    await once(busy, 'spawn');
    await sweepTemporaries(cache);
    expect(leftIn(cache)).toEqual([]);
    expect(execFileSync('cat', ['/proc/self/mountinfo'], { encoding: 'utf8' })).not.toContain(
      folder,
    );
    expect(readdirSync(`/proc/${busy.pid}/cwd`)).toContain('lost+found');
    busy.kill('SIGKILL');
    await once(busy, 'exit');
    await vi.waitFor(nothingIsLeft, 20_000);
  });

  it('is undone when a daemon starts', async () => {
    noteOfTheDead();
    mountIt();
    const runs = join(folder, 'runs');
    await using domains = createHostDomains({ clock: systemClock, cache, runs });
    await domains.sweep();
    nothingIsLeft();
  });

  it('goes where only a loop device is left', async () => {
    noteOfTheDead();
    execFileSync('losetup', ['--find', disk]);
    expect(loopFiles()).toContain(disk);
    await sweepTemporaries(cache);
    nothingIsLeft();
  });

  it('goes in a namespace of its own with the processes in it', async () => {
    noteOfTheDead();
    const program = 'mount -o loop "$1" "$2" && echo there && exec sleep 1000';
    const args = ['--mount', 'sh', '-c', program, 'within', disk, point];
    const within = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(within.stdout, 'data');
    expect(mountsAnywhere()).toContain(disk.replaceAll(' ', '\\040').replace('/disk.img', '/root'));
    const ended = once(within, 'exit');
    await sweepTemporaries(cache);
    expect(await ended).toEqual([null, 'SIGKILL']);
    await vi.waitFor(nothingIsLeft, 20_000);
  });

  it('stays where nobody has noted it, and so does its folder', async () => {
    mountIt();
    await sweepTemporaries(cache);
    expect(existsSync(join(point, 'lost+found'))).toBe(true);
    expect(existsSync(join(point, 'proc/self'))).toBe(true);
  });

  it('is as good as undone where the note is cut off', async () => {
    mkdirSync(join(cache, 'mounts'));
    writeFileSync(join(cache, 'mounts', deadName()), '{"disk": "/');
    await sweepTemporaries(cache);
    nothingIsLeft();
  });
});

describe.runIf(isAble)('what a living process has mounted', () => {
  it('is let be, and noted until it is told otherwise', async () => {
    mountIt();
    const note = noteMount(cache, { disk, point });
    await sweepTemporaries(cache);
    expect(existsSync(join(point, 'proc/self'))).toBe(true);
    expect(readdirSync(join(cache, 'mounts'))).toHaveLength(1);
    note[Symbol.dispose]();
    expect(readdirSync(join(cache, 'mounts'))).toEqual([]);
  });

  it('is never removed with a temporary folder', async () => {
    let inside = '';
    const work = withTemporary(cache, async (temporary) => {
      inside = join(temporary, 'root');
      mkdirSync(inside);
      execFileSync('mount', ['-o', 'loop', disk, inside]);
    });
    await expect(work).rejects.toThrow(`${inside} is mounted`);
    expect(readdirSync(inside)).toEqual(['lost+found']);
    execFileSync('umount', [inside]);
  });
});
