/** File events in `domstart run`, with real files. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandLine } from '../support/domstart.ts';

/** A folder with one job, in which FOLDER is that folder. */
function jobIn(text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'domstart-jobs-'));
  const job = join(folder, 'job.conf');
  writeFileSync(job, text.replaceAll('FOLDER', folder));
  return {
    folder,
    job,
    /** Complete at once, as it comes by rename. */
    drop(name: string, content: string): void {
      mkdirSync(join(folder, 'in'), { recursive: true });
      writeFileSync(join(folder, 'in/.new'), content);
      renameSync(join(folder, 'in/.new'), join(folder, 'in', name));
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

const DROP = `start on file FILE=FOLDER/in/*.job EVENT=written
instance $MATCH
task
exec cat "$MATCH"
`;

describe('domstart run of a job that waits for files', () => {
  test('says so, runs it for each that is dropped, and goes on until it is interrupted', async () => {
    await using cli = await commandLine();
    using place = jobIn(DROP);
    const run = cli.start(['run', place.job]);
    await run.said(`waits     job: file FILE=${place.folder}/in/*.job EVENT=written`);
    place.drop('one.job', 'the first\n');
    await run.said('the first');
    place.drop('two.job', 'the second\n');
    await run.said('the second');
    run.child.kill('SIGINT');
    const { status, stdout } = await run.finished;
    expect(stdout).toBe('the first\nthe second\n');
    expect(status).toBe(130);
  });

  test('runs it for those that are there', async () => {
    await using cli = await commandLine();
    using place = jobIn(DROP);
    place.drop('one.job', 'from before\n');
    const run = cli.start(['run', place.job, '--json']);
    await run.said('"from before"');
    run.child.kill('SIGTERM');
    const { status, stdout } = await run.finished;
    const told = stdout.split('\n').filter((line) => line.startsWith('{"type":"waits"'));
    expect(told.map((line) => JSON.parse(line))).toEqual([
      {
        type: 'waits',
        jobs: [{ job: 'job', startOn: `file FILE=${place.folder}/in/*.job EVENT=written` }],
      },
    ]);
    expect(status).toBe(143);
  });

  test('ends when its output is lost', async () => {
    await using cli = await commandLine();
    using place = jobIn(DROP);
    const run = cli.start(['run', place.job]);
    await run.said('waits');
    run.child.stdout.destroy();
    place.drop('one.job', 'to nobody\n');
    expect((await run.finished).status).toBe(141);
  });

  test('takes a file event from --emit instead, and ends', async () => {
    await using cli = await commandLine();
    using place = jobIn(DROP);
    place.drop('one.job', 'asked for\n');
    place.drop('two.job', 'not asked for\n');
    const emit = [`FILE=${place.folder}/in/*.job`, 'EVENT=written'];
    const { status, stdout } = await cli.run([
      'run',
      place.job,
      '--emit',
      'file',
      ...emit,
      `MATCH=${place.folder}/in/one.job`,
    ]);
    expect(stdout).toBe('asked for\n');
    expect(status).toBe(0);
  });

  test('ends where the events were named, and nothing is left to do', async () => {
    await using cli = await commandLine();
    using place = jobIn(`${DROP.replace('EVENT=written', 'EVENT=written or startup')}`);
    const { status } = await cli.run(['run', place.job, '--emit', 'startup', 'MATCH=/dev/null']);
    expect(status).toBe(0);
  });

  test('does not wait for what can never come', async () => {
    await using cli = await commandLine();
    using place = jobIn('start on file FILE=relative\nexec true\n');
    const { status, stderr } = await cli.run(['run', place.job]);
    expect(stderr).toContain('job job waits for a file in vain: FILE=relative is not absolute');
    expect(stderr).toContain('nothing to do: no job starts on startup');
    expect(status).toBe(64);
  });
});

test('domstart run of a service that files start, too, does not wait after an interrupt', async () => {
  await using cli = await commandLine();
  using place = jobIn(
    'start on startup or file FILE=FOLDER/in/more\nscript\necho ready\nexec sleep 4711.4716\nend script\n',
  );
  const run = cli.start(['run', place.job]);
  await run.said('ready');
  run.child.kill('SIGINT');
  const { status, stderr } = await run.finished;
  expect(stderr).not.toMatch(/^waits/m);
  expect(status).toBe(130);
});

test('domstart run stops a service when its file comes, which is the end of the run', async () => {
  await using cli = await commandLine();
  using place = jobIn(
    'start on startup\nstop on file FILE=FOLDER/in/end EVENT=create\nnormal exit TERM\n' +
      'script\necho ready\nexec sleep 4711.4715\nend script\n',
  );
  const run = cli.start(['run', place.job]);
  await run.said('ready');
  place.drop('end', '');
  const { stderr } = await run.finished;
  expect(stderr).toMatch(/^event +stopped JOB=job INSTANCE= RESULT=ok/m);
  expect(stderr).not.toMatch(/^waits/m);
});
