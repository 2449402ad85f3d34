import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRunFolder, sweepRuns } from '../../src/domain/run-folder.ts';

let runDir: string;

beforeEach(async () => {
  runDir = await mkdtemp(join(tmpdir(), 'domstart-test-'));
});

afterEach(() => rm(runDir, { recursive: true, force: true }));

const make = () => createRunFolder({ runDir, job: 'rc-noklus', instance: '../a b/ü' });

/** The folder of a run whose owner is gone, with something in it. */
async function makeDead(): Promise<string> {
  const { path } = await make();
  const [id, , startTime, namespace] = basename(path).split('.');
  const gone = spawn('true');
  await once(gone, 'exit');
  const dead = join(runDir, [id, gone.pid, startTime, namespace].join('.'));
  await mkdir(join(dead, 'image'), { recursive: true });
  await writeFile(join(dead, 'image/initrd'), 'x');
  await rm(path, { recursive: true });
  return dead;
}

/** A process with a path of its own among its arguments. */
async function sleeper(path: string): Promise<ChildProcess> {
  const child = spawn('sh', ['-c', 'echo ready; read line', path], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
}

describe('the folder of a run', () => {
  test('is ours alone, and its name is safe', async () => {
    const { id, path } = await make();
    expect(id).toMatch(/^rc-noklus-_a_b_-[0-9a-f]{8}$/);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  test('may be removed twice', async () => {
    const folder = await make();
    await folder.remove();
    await folder.remove();
    expect(await readdir(runDir)).toEqual([]);
  });

  test('that cannot be made is an error with a hint', async () => {
    const file = join(runDir, 'file');
    await writeFile(file, '');
    await expect(
      createRunFolder({ runDir: join(file, 'runs'), job: 'a', instance: '' }),
    ).rejects.toMatchObject({ code: 'host-io', hint: expect.stringContaining('DOMSTART_RUN') });
  });
});

/** Nothing here was made for Xen. */
const noXen = () => Promise.reject(new Error('asked for Xen'));

describe('the sweep', () => {
  test('removes what dead owners left, and nothing else', async () => {
    const living = await make();
    const reused = join(runDir, basename(living.path).replace(/\.\d+\.(\d+)$/, '.1.$1'));
    await mkdir(reused);
    const foreign = join(runDir, 'rc-1.1.1.999');
    await mkdir(foreign);
    await mkdir(join(runDir, 'somebody.elses.folder'));
    await makeDead();
    expect(await sweepRuns(runDir, noXen)).toBe(2);
    expect((await readdir(runDir)).sort()).toEqual(
      [basename(living.path), 'rc-1.1.1.999', 'somebody.elses.folder'].sort(),
    );
    expect(await sweepRuns(runDir, noXen)).toBe(0);
  });

  test('ends the processes of dead owners', async () => {
    const living = await make();
    const dead = await makeDead();
    const orphan = await sleeper(`${dead}/qemu.pid`);
    const ours = await sleeper(`${living.path}/qemu.pid`);
    const ended = once(orphan, 'exit');
    await sweepRuns(runDir, noXen);
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(ours.exitCode).toBeNull();
    const closed = once(ours, 'exit');
    ours.stdin?.end('go on\n');
    expect(await closed).toEqual([0, null]);
  });

  test('asks for the domains of those that may have one in Xen, before their folders go', async () => {
    const dead = await makeDead();
    await makeDead();
    await writeFile(join(dead, 'xl.cfg'), '');
    const asked: string[] = [];
    const swept = await sweepRuns(runDir, async (ids) => {
      expect((await readdir(dead)).sort()).toContain('xl.cfg');
      asked.push(...ids);
    });
    expect(asked).toEqual([basename(dead).replace(/\..*/, '')]);
    expect(swept).toBe(2);
    expect(await readdir(runDir)).toEqual([]);
  });

  test('leaves a folder whose domain could not be destroyed for the next start', async () => {
    const dead = await makeDead();
    await writeFile(join(dead, 'xl.cfg'), '');
    const other = await makeDead();
    expect(await sweepRuns(runDir, () => Promise.reject(new Error('hangs')))).toBe(1);
    expect(await readdir(runDir)).toEqual([basename(dead)]);
    expect(other).not.toBe(dead);
  });

  test('a run folder that is not there has nothing in it', async () => {
    expect(await sweepRuns(join(runDir, 'none'), noXen)).toBe(0);
  });
});
