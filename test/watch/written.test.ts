import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, linkSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRig, type Rig, SETTLE } from './watch-rig.ts';

function waitForWritten(rig: Rig): void {
  rig.waitFor([`FILE=${rig.root}/*.job`, 'EVENT=written']);
}

describe('written', () => {
  test('is a file that has stood still for the settle time', async () => {
    await using rig = createRig();
    waitForWritten(rig);
    await rig.fence();
    writeFileSync(join(rig.root, 'a.job'), 'one');
    await rig.fence();
    expect(rig.told).toEqual([]);
    rig.clock.turn(SETTLE);
    await rig.until(() => rig.told.length === 1);
    rig.clock.turn(SETTLE);
    await rig.fence();
    expect(rig.emitted).toEqual(['file FILE=/*.job EVENT=written MATCH=/a.job']);
  });

  test('is not one that still grows; and it is written anew when it changes', async () => {
    await using rig = createRig();
    waitForWritten(rig);
    await rig.fence();
    const file = join(rig.root, 'a.job');
    writeFileSync(file, 'one');
    for (let round = 0; round < 4; round += 1) {
      await rig.fence();
      rig.clock.turn(SETTLE * 0.6);
      appendFileSync(file, 'more');
    }
    await rig.fence();
    expect(rig.told).toEqual([]);
    rig.clock.turn(SETTLE);
    await rig.until(() => rig.told.length === 1);
    appendFileSync(file, 'later');
    await rig.fence();
    rig.clock.turn(SETTLE);
    await rig.until(() => rig.told.length === 2);
    expect(rig.told).toEqual(['written /a.job', 'written /a.job']);
  });

  test('is not one that a process has open for writing, however long it is silent', async () => {
    await using rig = createRig();
    waitForWritten(rig);
    await rig.fence();
    const file = join(rig.root, 'a.job');
    const writer = spawn('sh', ['-c', 'exec 3>"$0"; echo half >&3; echo open; read end', file]);
    try {
      await once(writer.stdout, 'data');
      for (let round = 0; round < 5; round += 1) {
        await rig.fence();
        rig.clock.turn(SETTLE);
      }
      await rig.fence();
      expect(rig.told).toEqual([]);
    } finally {
      writer.stdin.end();
      await once(writer, 'exit');
    }
    rig.clock.turn(SETTLE);
    await rig.until(() => rig.told.length === 1);
    expect(rig.told).toEqual(['written /a.job']);
  });

  test('is one that somebody only reads', async () => {
    await using rig = createRig();
    waitForWritten(rig);
    await rig.fence();
    const file = join(rig.root, 'a.job');
    writeFileSync(file, 'x');
    const reader = spawn('sh', ['-c', 'exec 3<"$0"; echo open; read end', file]);
    try {
      await once(reader.stdout, 'data');
      await rig.fence();
      rig.clock.turn(SETTLE);
      await rig.until(() => rig.told.length === 1);
    } finally {
      reader.stdin.end();
      await once(reader, 'exit');
    }
  });

  test('is at once what came by rename or as a link', async () => {
    await using rig = createRig();
    const aside = join(rig.root, 'aside');
    mkdirSync(aside);
    waitForWritten(rig);
    await rig.fence();
    writeFileSync(join(aside, 'one'), 'x');
    renameSync(join(aside, 'one'), join(rig.root, 'one.job'));
    await rig.until(() => rig.told.length === 1);
    writeFileSync(join(rig.root, 'two.tmp'), 'x');
    renameSync(join(rig.root, 'two.tmp'), join(rig.root, 'two.job'));
    await rig.until(() => rig.told.length === 2);
    writeFileSync(join(aside, 'three'), 'x');
    linkSync(join(aside, 'three'), join(rig.root, 'three.job'));
    await rig.until(() => rig.told.length === 3);
    writeFileSync(join(aside, 'again'), 'xy');
    renameSync(join(aside, 'again'), join(rig.root, 'one.job'));
    await rig.until(() => rig.told.length === 4);
    await rig.fence();
    expect(rig.told).toEqual(['one', 'two', 'three', 'one'].map((name) => `written /${name}.job`));
  });

  test('is not at once what came by rename while its writer goes on', async () => {
    await using rig = createRig();
    waitForWritten(rig);
    await rig.fence();
    const early = join(rig.root, 'early');
    const writer = spawn('sh', ['-c', 'exec 3>"$0"; echo half >&3; echo open; read end', early]);
    try {
      await once(writer.stdout, 'data');
      renameSync(early, join(rig.root, 'early.job'));
      await rig.fence();
      expect(rig.told).toEqual([]);
    } finally {
      writer.stdin.end();
      await once(writer, 'exit');
    }
    rig.clock.turn(SETTLE);
    await rig.until(() => rig.told.length === 1);
  });

  test('are files that were there before, after the settle time; folders never', async () => {
    await using rig = createRig();
    writeFileSync(join(rig.root, 'b.job'), 'x');
    writeFileSync(join(rig.root, 'a.job'), '');
    mkdirSync(join(rig.root, 'folder.job'));
    waitForWritten(rig);
    await rig.fence();
    expect(rig.told).toEqual([]);
    rig.clock.turn(SETTLE);
    await rig.until(() => rig.told.length === 2);
    await rig.fence();
    expect(rig.told).toEqual(['written /a.job', 'written /b.job']);
  });

  test('is told beside the other kinds, to a job that comes later too', async () => {
    await using rig = createRig();
    writeFileSync(join(rig.root, 'a.job'), 'x');
    rig.waitFor([`FILE=${rig.root}/*.job`]);
    await rig.until(() => rig.told.length === 1);
    rig.waitFor([`FILE=${rig.root}/*.job`], [`FILE=${rig.root}/*.job`, 'EVENT=written']);
    await rig.fence();
    rig.clock.turn(SETTLE);
    await rig.until(() => rig.told.length === 2);
    await rig.fence();
    expect(rig.told).toEqual(['create /a.job', 'written /a.job']);
  });

  test('3,000 files at once are written once each', async () => {
    await using rig = createRig();
    waitForWritten(rig);
    await rig.fence();
    const names = Array.from({ length: 3_000 }, (_, at) => `f${at}.job`);
    for (const name of names) writeFileSync(join(rig.root, name), 'x');
    await rig.fence();
    expect(rig.told).toEqual([]);
    rig.clock.turn(SETTLE);
    await rig.until(() => rig.told.length >= names.length);
    rig.clock.turn(SETTLE);
    await rig.fence();
    expect(rig.told).toEqual(names.toSorted().map((name) => `written /${name}`));
  });
});
