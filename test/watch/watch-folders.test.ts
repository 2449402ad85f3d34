import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import type { DomstartError } from '../../src/model/errors.ts';
import { type FolderWatcher, watchFolders } from '../../src/watch/watch-folders.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { temporaryFolder, timing, until } from './watch-rig.ts';

interface Rig extends AsyncDisposable {
  readonly root: string;
  readonly clock: ManualClock;
  readonly watcher: FolderWatcher;
  readonly hints: string[];
  readonly problems: DomstartError[];
  until(isSo: () => boolean): Promise<void>;
}

function createRig(onHint: (folder: string) => void | Promise<void> = () => {}): Rig {
  const root = temporaryFolder();
  const clock = new ManualClock();
  const hints: string[] = [];
  const problems: DomstartError[] = [];
  const watcher = watchFolders({
    clock,
    timing,
    onHint(folder) {
      hints.push(folder.replace(root, ''));
      return onHint(folder);
    },
    onProblem: (error) => problems.push(error),
  });
  return {
    root,
    clock,
    watcher,
    hints,
    problems,
    until: (isSo) => until(clock, isSo),
    async [Symbol.asyncDispose]() {
      await watcher[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

describe('hints', () => {
  test('come when a folder is added, and after each change in it', async () => {
    await using rig = createRig();
    rig.watcher.setFolders([rig.root]);
    await rig.until(() => rig.hints.length === 1);
    writeFileSync(join(rig.root, 'a'), '');
    await rig.until(() => rig.hints.length === 2);
    expect(rig.problems).toEqual([]);
  });

  test('come from the folders asked for, not from their sub-folders', async () => {
    await using rig = createRig();
    const [one, two] = [join(rig.root, 'one'), join(rig.root, 'two')];
    mkdirSync(join(one, 'below'), { recursive: true });
    mkdirSync(two);
    rig.watcher.setFolders([one, two]);
    await rig.until(() => rig.hints.length === 2);
    writeFileSync(join(one, 'below/a'), '');
    writeFileSync(join(rig.root, 'a'), '');
    writeFileSync(join(two, 'a'), '');
    await rig.until(() => rig.hints.length > 2);
    expect(rig.hints.toSorted()).toEqual(['/one', '/two', '/two']);
  });

  test('are one at a time, and one more where something came meanwhile', async () => {
    let release = () => {};
    let running = 0;
    let most = 0;
    await using rig = createRig(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      running -= 1;
    });
    rig.watcher.setFolders([rig.root]);
    await rig.until(() => running === 1);
    for (let at = 0; at < 5; at += 1) rig.watcher.look(rig.root);
    rig.clock.turn(1_000);
    expect(rig.hints.length).toBe(1);
    release();
    await rig.until(() => rig.hints.length === 2);
    release();
    await rig.until(() => running === 0);
    rig.clock.turn(1_000);
    await rig.until(() => running === 0);
    expect([rig.hints.length, most]).toEqual([2, 1]);
  });

  test('come now and then without a reason', async () => {
    await using rig = createRig();
    rig.watcher.setFolders([rig.root]);
    await rig.until(() => rig.hints.length === 1 && rig.clock.armed === 1);
    rig.clock.turn(timing.rescan);
    await rig.until(() => rig.hints.length === 2);
  });

  test('that fail are told, and others follow', async () => {
    await using rig = createRig(() => {
      throw new Error('no');
    });
    rig.watcher.setFolders([rig.root]);
    await rig.until(() => rig.problems.length === 1);
    rig.watcher.look(rig.root);
    await rig.until(() => rig.problems.length === 2);
    expect(rig.problems[0]?.message).toBe('no');
  });
});

describe('folders', () => {
  test('that do not exist are found when they come, and when they come back', async () => {
    await using rig = createRig();
    const folder = join(rig.root, 'one/two');
    rig.watcher.setFolders([folder]);
    await rig.until(() => rig.hints.length === 1);
    for (let round = 0; round < 5; round += 1) {
      rig.hints.length = 0;
      mkdirSync(folder, { recursive: true });
      await rig.until(() => rig.hints.length > 0);
      rig.hints.length = 0;
      writeFileSync(join(folder, 'a'), '');
      await rig.until(() => rig.hints.length > 0);
      rig.hints.length = 0;
      rmSync(join(rig.root, 'one'), { recursive: true });
      await rig.until(() => rig.hints.length > 0);
    }
    expect(rig.problems).toEqual([]);
  });

  test('that are let go take their watch and their timers along', async () => {
    await using rig = createRig();
    const before = inotifyWatches();
    rig.watcher.setFolders([rig.root]);
    await rig.until(() => rig.hints.length === 1);
    expect(inotifyWatches()).toBe(before + 1);
    rig.watcher.setFolders([]);
    await rig.until(() => inotifyWatches() === before);
    expect(rig.clock.armed).toBe(0);
  });
});

const canLimit = spawnSync('unshare', ['-Ur', 'true']).status === 0;

describe.skipIf(!canLimit)('without inotify', () => {
  test.each([
    ['max_inotify_watches', 'no inotify watch left', 'fs.inotify.max_user_watches'],
    ['max_inotify_instances', 'no inotify instance', 'fs.inotify.max_user_instances'],
  ])(
    '%s 0: it is told once with what to do, and the folders are looked at',
    async (limit, why, hint) => {
      const root = temporaryFolder();
      const child = startLimited(limit, root);
      try {
        const problems: { readonly message: string; readonly hint: string }[] = [];
        let hints = 0;
        for await (const line of createInterface(child.stdout)) {
          const told = JSON.parse(line);
          if ('hint' in told && !('code' in told)) hints += 1;
          else problems.push(told);
          if (hints === 10) break;
        }
        expect(problems).toHaveLength(1);
        expect(problems[0]?.message).toContain(why);
        expect(problems[0]?.hint).toContain(hint);
      } finally {
        child.stdout.resume();
        child.stdin.end();
        if (child.exitCode === null) await once(child, 'exit');
        rmSync(root, { recursive: true });
      }
    },
  );
});

function startLimited(limit: string, folder: string): ChildProcessWithoutNullStreams {
  const script = `echo 0 > /proc/sys/user/${limit} && exec "$0" "$@"`;
  const program = join(import.meta.dirname, 'fixtures/limited-watch.ts');
  const command = [process.execPath, program, folder];
  return spawn('unshare', ['-Ur', 'sh', '-c', script, ...command]);
}

/** Over all inotify instances of this process. */
function inotifyWatches(): number {
  return readdirSync('/proc/self/fd')
    .filter((descriptor) => linkOf(descriptor) === 'anon_inode:inotify')
    .map((descriptor) => readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))
    .reduce((sum, text) => sum + (text.match(/^inotify /gm)?.length ?? 0), 0);
}

function linkOf(descriptor: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}
