import { describe, expect, test } from 'vitest';
import { createEngine, DomstartError } from '../../src/index.ts';

describe('what the promises of an engine mean', () => {
  test('emit resolves when everybody has let go: services run, tasks are done', async () => {
    await using engine = createEngine({
      jobs: [
        { name: 'service', startOn: 'go', exec: 'sleep 1000' },
        { name: 'task', startOn: 'go', task: true, exec: 'true' },
        { name: 'after', startOn: 'stopped task', task: true, exec: 'true' },
        // Holds the task in `starting` until it has ended itself.
        { name: 'before', startOn: 'starting task', task: true, exec: 'true' },
      ],
    });
    const ended: string[] = [];
    engine.on('result', ({ job }) => void ended.push(job));
    expect(await engine.emit('go')).toEqual({ failed: false });
    expect(engine.status('service')).toMatchObject([{ state: 'running' }]);
    expect(ended.slice(0, 2)).toEqual(['before', 'task']);
  });

  test('emit tells that one of them failed', async () => {
    await using engine = createEngine({
      jobs: [{ name: 'task', startOn: 'go', task: true, exec: 'false' }],
    });
    expect(await engine.emit('go')).toEqual({ failed: true });
  });

  test('restart is there when the service runs again', async () => {
    await using engine = createEngine({ jobs: [{ name: 's', exec: 'sleep 1000' }] });
    const run = await engine.start('s');
    expect(await run.started).toEqual({ failed: false });
    const pid = () => engine.status('s')[0]?.processes[0]?.pid;
    const before = pid();
    expect(await engine.restart('s')).toEqual({ failed: false });
    expect(engine.status('s')).toMatchObject([{ goal: 'start', state: 'running' }]);
    expect(pid()).not.toBe(before);
    await expect(engine.restart('t')).rejects.toMatchObject({ code: 'job-unknown' });
  });

  test('reload sends the job’s own signal, and only to who runs', async () => {
    const script = 'trap "echo reloaded" USR1; echo ready; while :; do sleep 0.05; done';
    await using engine = createEngine({ jobs: [{ name: 's', script, reloadSignal: 'USR1' }] });
    expect(() => engine.reload('s')).toThrow(DomstartError);
    const run = await engine.start('s');
    const lines = run.console[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('ready');
    engine.reload('s');
    expect((await lines.next()).value).toBe('reloaded');
  });

  test('await using stops a run', async () => {
    await using engine = createEngine({ jobs: [{ name: 's', exec: 'sleep 1000' }] });
    {
      await using run = await engine.start('s');
      await run.started;
    }
    expect(engine.status('s')).toMatchObject([{ state: 'waiting' }]);
  });

  test('a job that is none makes no engine', () => {
    const broken = { name: 'j', text: 'tusk' };
    expect(() => createEngine({ jobs: [broken] })).toThrow('did you mean `task`?');
  });
});
