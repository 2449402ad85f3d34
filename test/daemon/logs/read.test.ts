import { mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { DomstartError } from '../../../src/model/errors.ts';
import { type LogRig, logRig } from './log-rig.ts';

/** Follows a log, collecting what comes; ends when the signal is aborted. */
function follow(rig: LogRig, job: string, signal?: AbortSignal) {
  const seen = { text: '', ended: false };
  const options = { follow: true, ...(signal === undefined ? {} : { signal }) };
  const done = (async () => {
    for await (const bytes of rig.logs.read(job, '', options)) {
      seen.text += Buffer.from(bytes).toString();
    }
    seen.ended = true;
  })();
  return { seen, done };
}

describe('reading a log', () => {
  test('gives what it holds, and of a log that does not exist nothing', async () => {
    await using rig = logRig();
    expect(await rig.read('web')).toBe('');
    rig.write('web', 'one\n');
    await rig.logs.flush();
    expect(await rig.read('web')).toBe('one\n');
  });

  test('begins with the files that were rotated', async () => {
    await using rig = logRig({ maxBytes: 9, keep: 3 });
    rig.write('web', 'one\ntwo\nthree\nfour\nfive\nsix\n');
    await rig.logs.flush();
    expect(readdirSync(rig.folder)).toHaveLength(4);
    expect(await rig.read('web')).toBe('one\ntwo\nthree\nfour\nfive\nsix\n');
    expect(await rig.read('web', 15)).toBe('four\nfive\nsix\n');
    expect(await rig.read('web', 14)).toBe('four\nfive\nsix\n');
    expect(await rig.read('web', 13)).toBe('five\nsix\n');
  });

  test('gives what is not in the file yet', async () => {
    await using rig = logRig();
    rig.write('web', 'one\n');
    await rig.logs.flush();
    rig.write('web', 'two\n');
    expect(await rig.read('web')).toBe('one\ntwo\n');
    expect(await rig.read('web', 4)).toBe('two\n');
    expect(await rig.read('web', 6)).toBe('two\n');
    rig.write('web', 'three\n');
    expect(await rig.read('web', 8)).toBe('three\n');
  });

  test('gives what cannot be written', async () => {
    await using rig = logRig();
    mkdirSync(dirname(rig.folder));
    writeFileSync(rig.folder, 'no folder');
    rig.write('web', 'one\n');
    await rig.logs.flush();
    expect(await rig.read('web')).toBe('one\n');
  });

  test('does not follow a link', async () => {
    await using rig = logRig();
    mkdirSync(rig.folder, { recursive: true });
    writeFileSync(rig.path('secret'), 'secret\n');
    symlinkSync('secret', rig.path('web.log'));
    const error = await rig.read('web').catch((thrown) => thrown);
    expect(error).toBeInstanceOf(DomstartError);
    expect(error).toMatchObject({
      code: 'host-io',
      message: expect.stringContaining(`cannot read the log ${rig.path('web.log')}`),
    });
  });
});

describe('following a log', () => {
  test('waits for a job that has not started yet, and ends when it is aborted', async () => {
    await using rig = logRig();
    const end = new AbortController();
    const { seen, done } = follow(rig, 'web', end.signal);
    await rig.read('web');
    rig.write('web', 'one\n');
    await vi.waitFor(() => expect(seen.text).toBe('one\n'), 20_000);
    end.abort();
    await done;
    rig.write('web', 'two\n');
    expect(seen).toEqual({ text: 'one\n', ended: true });
  });

  test('ends at once where it is aborted already', async () => {
    await using rig = logRig();
    await follow(rig, 'web', AbortSignal.abort()).done;
  });

  test('ends when the logs are closed, with the last words', async () => {
    await using rig = logRig();
    const { seen, done } = follow(rig, 'web');
    await rig.read('web');
    rig.write('web', 'last words\n');
    await rig.logs.close();
    await done;
    expect(seen).toEqual({ text: 'last words\n', ended: true });
    await follow(rig, 'web').done;
  });

  test('gives only what comes where logs are off', async () => {
    await using rig = logRig({ folder: undefined });
    rig.write('web', 'before\n');
    const { seen, done } = follow(rig, 'web');
    expect(await rig.read('web')).toBe('');
    rig.write('web', 'after\n');
    await vi.waitFor(() => expect(seen.text).toBe('after\n'), 20_000);
    await rig.logs.flush();
    await rig.logs.close();
    await done;
  });

  test('has no gap and no repetition, whenever it begins and however often it is rotated', async () => {
    await using rig = logRig({ maxBytes: 2000, keep: 9 });
    const readers: (ReturnType<typeof follow> & { readonly from: number })[] = [];
    let written = '';
    for (let line = 0; line < 1000; line += 1) {
      const text = `line ${line}\n`;
      rig.write('web', text);
      written += text;
      if (line % 100 === 50) readers.push({ ...follow(rig, 'web'), from: written.length });
      if (line % 7 === 0) rig.clock.turn(5);
      if (line % 3 === 0) await new Promise(setImmediate);
      // By now all that began have seen the files.
      if (line === 500) await rig.read('web');
      if (line === 500) renameSync(rig.path('web.log'), rig.path('web.log.away'));
    }
    await rig.logs.close();
    await Promise.all(readers.map(({ done }) => done));
    expect(readers).toHaveLength(10);
    for (const { seen, from } of readers) {
      // What somebody moved to another name is no part of the log any more.
      if (from < written.indexOf('line 500\n')) expect(seen.text).toBe(written);
      else expect(seen.text.endsWith(written.slice(from))).toBe(true);
      expect(seen.text.length).toBeLessThanOrEqual(written.length);
    }
  });

  test('by a slow reader costs bounded memory, and says what it missed', async () => {
    await using rig = logRig();
    const reader = rig.logs.read('web', '', { follow: true })[Symbol.asyncIterator]();
    const first = reader.next();
    await rig.read('web');
    rig.write('web', 'first\n');
    await first;
    const piece = `${'x'.repeat(63)}\n`.repeat(1024);
    for (let turn = 0; turn < 40; turn += 1) rig.write('web', piece);
    await rig.logs.close();
    let text = '';
    for (let next = await reader.next(); next.done !== true; next = await reader.next()) {
      text += Buffer.from(next.value).toString();
    }
    const [line = ''] = text.split('\n');
    const lost = /^\[(\d+) bytes lost: they came faster than they were read\]$/.exec(line)?.[1];
    expect(Number(lost) + text.length - line.length - 1).toBe(40 * piece.length);
    expect(text.length).toBeLessThan(1.1 * 1024 * 1024);
  });
});
