import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { apart } from '../support/domstart.ts';
import { startWriter, storeRig } from './store-rig.ts';

/** What follows has a small disk at its second last word, which nobody else sees. */
const SMALL_DISK =
  'for last; do :; done; mount -t tmpfs -o size=1m,mode=700 domstart "$last"; exec "$0" "$@"';

test('a full disk: keeps are refused, records wait and are told once, and all goes on by itself', async () => {
  const rig = storeRig();
  const disk = join(rig.folder, 'disk');
  mkdirSync(disk, { mode: 0o700 });
  const within = [...apart('mount'), 'sh', '-ec', SMALL_DISK];
  const writer = startWriter(disk, 'serve', { within });
  expect(await writer.said()).toBe('ready');
  const ask = async (line: string) => {
    writer.tell(line);
    return writer.said();
  };
  expect(await ask('keep one')).toBe('kept one');
  const inside = `/proc/${writer.child.pid}/root${disk}`;
  const { bavail, bsize } = statfsSync(inside);
  writeFileSync(`${inside}/ballast`, Buffer.alloc(bavail * bsize));

  const refused = [];
  for (let at = 0; at < 30; at += 1) refused.push(await ask(`keep more-${at}`));
  expect(refused.at(-1)).toBe(
    `refused more-29 no-room no room for the journal ${disk}/journal.db; free some space there, or name a folder on another disk with --state`,
  );
  expect(await ask('run first')).toBe('noted');
  expect(await writer.said()).toBe(`problem no-room no room for the journal ${disk}/journal.db`);
  for (const name of ['second', 'third']) expect(await ask(`run ${name}`)).toBe('noted');
  // Longer than until it is tried again: it is not told again.
  await new Promise((resolve) => setTimeout(resolve, 1300));
  expect(await ask('keep nothing')).toContain('refused nothing no-room');

  rmSync(`${inside}/ballast`);
  await vi.waitFor(async () => expect(await ask('list')).toBe('third ok, second ok, first ok'), {
    timeout: 20_000,
    interval: 200,
  });
  expect(await ask('keep two')).toBe('kept two');
  expect(await writer.kill()).toEqual([]);
});

test('a disk that cannot be written to', async () => {
  const rig = storeRig();
  const disk = join(rig.folder, 'disk');
  mkdirSync(disk, { mode: 0o700 });
  const readOnly = `${SMALL_DISK.replace('exec', 'mount -o remount,ro "$last"; exec')}`;
  const writer = startWriter(disk, 'serve', { within: [...apart('mount'), 'sh', '-ec', readOnly] });
  expect(await writer.said()).toMatch(/^problem journal-failed cannot use the journal /);
  expect(await writer.said()).toBe('ready');
  writer.tell('keep one');
  expect(await writer.said()).toMatch(
    /^refused one journal-failed cannot use the journal .*; make it and its folder writable, or name another folder with --state$/,
  );
});
