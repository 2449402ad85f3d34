import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { createEngine } from '../../src/embed/engine.ts';
import { loadJobs } from '../../src/embed/load-jobs.ts';
import { parseJob } from '../../src/language/parse-job.ts';
import type { JobDefinition } from '../../src/model/job.ts';

function job(name: string, text: string): JobDefinition {
  const { job } = parseJob({ text, file: `${name}.conf`, dialect: 'init', name });
  if (job === undefined) throw new Error(`not a job: ${text}`);
  return job;
}

describe('the stop of a run', () => {
  test('does nothing to the run after it', async () => {
    await using engine = createEngine({ jobs: [job('j', 'exec sleep 1000')] });
    const first = await engine.start('j');
    await first.stop();
    const second = await engine.start('j');
    await expect.poll(() => engine.status('j')[0]?.state).toBe('running');
    await first.stop();
    expect(engine.status('j')).toMatchObject([{ goal: 'start', state: 'running' }]);
    await second.stop();
    expect(await second.result).toMatchObject({ status: 143 });
  });

  test('stops its own instance of a job that makes a new one each time', async () => {
    const each = { ...job('j', 'exec sleep 1000'), instanceEach: true as const };
    await using engine = createEngine({ jobs: [each] });
    const first = await engine.start('j');
    const second = await engine.start('j');
    await second.stop();
    expect(engine.status('j')).toMatchObject([{ goal: 'start' }]);
    await first.stop();
    expect(await first.result).toMatchObject({ status: 143 });
  });

  test('an aborted signal ends the run, whose result is then cancelled', async () => {
    await using engine = createEngine({ jobs: [job('j', 'exec sleep 1000')] });
    const controller = new AbortController();
    const run = await engine.start('j', { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(run.result).rejects.toMatchObject({
      code: 'cancelled',
      cause: { message: 'enough' },
    });
  });
});

describe('a signal that is aborted already', () => {
  const signal = AbortSignal.abort(new Error('too late'));
  const cancelled = { code: 'cancelled', cause: { message: 'too late' } };

  test('starts nothing', async () => {
    await using engine = createEngine({ jobs: [job('j', 'exec true')] });
    await expect(engine.start('j', { signal })).rejects.toMatchObject(cancelled);
    await expect(engine.emit('e', { signal })).rejects.toMatchObject(cancelled);
    await expect(engine.stop('j', { signal })).rejects.toMatchObject(cancelled);
    expect(engine.status('j')).toMatchObject([{ state: 'waiting' }]);
  });

  test.each([tmpdir(), import.meta.filename])('reads nothing of %s', async (path) => {
    await expect(loadJobs(path, { signal })).rejects.toMatchObject(cancelled);
  });
});
