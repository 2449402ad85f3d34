import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readJobFiles, readJobs } from '../../src/embed/read-jobs.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-read-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The one file of the folder, written as bytes. */
async function readBytes(...pieces: readonly (string | number)[]) {
  const bytes = pieces.map((piece) =>
    typeof piece === 'string' ? Buffer.from(piece) : Buffer.from([piece]),
  );
  writeFileSync(join(folder, 'a.conf'), Buffer.concat(bytes));
  const [file] = await readJobs(folder);
  if (file === undefined) throw new Error('nothing was read');
  const diagnostics = file.diagnostics.map(
    ({ severity, code, span }) => `${severity} ${code} ${span.line}:${span.column}`,
  );
  return { ...file, diagnostics };
}

describe('what is no job file', () => {
  test('a pipe is not waited for', async () => {
    execFileSync('mkfifo', [join(folder, 'x.conf')]);
    await expect(readJobs(join(folder, 'x.conf'))).rejects.toMatchObject({
      code: 'job-file-missing',
      message: `cannot read ${join(folder, 'x.conf')}: it is no regular file`,
    });
  });

  test.each(['/dev/zero', '/dev/null'])('%s', async (device) => {
    await expect(readJobs(device)).rejects.toThrow(`cannot read ${device}: it is no regular file`);
  });

  test('a file too large is not read', async () => {
    const file = join(folder, 'x.conf');
    writeFileSync(file, '');
    truncateSync(file, 2 ** 40);
    await expect(readJobs(file)).rejects.toThrow(
      `cannot read ${file}: it has 1048576 MiB, more than the 16 MiB of a job file`,
    );
  });
});

describe('bytes that are no UTF-8', () => {
  test('are a warning where nothing depends on them', async () => {
    const { job, diagnostics } = await readBytes('# \uFFFD J', 0xfc, 'rgen\nauthor J', 0xfc, '\n');
    expect(job?.author).toBe('J\uFFFD');
    expect(diagnostics).toEqual(['warning invalid-utf8 1:6']);
  });

  test('are an error where a program would get other bytes', async () => {
    const { job, diagnostics } = await readBytes('task\nexec echo \uFFFD', 0xe9, '\n');
    expect(job).toBeUndefined();
    expect(diagnostics).toEqual(['error invalid-utf8 2:12']);
  });

  test('stand among the other diagnostics in the order of the file', async () => {
    const { diagnostics } = await readBytes('tusk\n# ', 0xff, '\nbogus\n');
    expect(diagnostics.map((line) => line.replace(/ \d+:\d+$/, ''))).toEqual([
      'error unknown-stanza',
      'warning invalid-utf8',
      'error unknown-stanza',
    ]);
  });

  test('a genuine replacement character is none of them', async () => {
    const { job, diagnostics } = await readBytes('exec echo \uFFFD\n');
    expect([job?.processes.main?.text, diagnostics]).toEqual(['echo \uFFFD', []]);
  });
});

test('more files than may be open at a time, in order of their names', async () => {
  const names = Array.from({ length: 100 }, (_, at) => `job-${String(at).padStart(3, '0')}`);
  for (const name of names.toReversed()) writeFileSync(join(folder, `${name}.conf`), 'task\n');
  const files = await readJobs(folder);
  expect(files.map(({ job }) => job?.name)).toEqual(names);
});

test('a file that cannot be read ends it all, or is told and left out', async () => {
  writeFileSync(join(folder, 'a.conf'), 'task\n');
  const found = [{ file: join(folder, 'gone.conf') }, { file: join(folder, 'a.conf') }];
  await expect(readJobFiles(found)).rejects.toMatchObject({ code: 'job-file-missing' });
  const told: unknown[] = [];
  const files = await readJobFiles(found, { onUnreadable: (error) => told.push(error) });
  expect(files.map(({ job }) => job?.name)).toEqual(['a']);
  expect(told).toEqual([expect.objectContaining({ code: 'job-file-missing' })]);
});
