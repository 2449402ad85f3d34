import { expect, test } from 'vitest';
import type { DomainSpec } from '../../src/model/domain.ts';
import { DomstartError } from '../../src/model/errors.ts';
import { and, jobOf, on } from '../support/job.ts';
import { engineRig, settled } from './engine-rig.ts';

test('a listener that throws harms nobody, and becomes a fault', async () => {
  const rig = engineRig({ jobs: [jobOf('j')] });
  rig.engine.on('state', () => {
    throw new Error('broken listener');
  });
  const { answer } = await rig.engine.start('j');
  expect(await answer).toMatchObject({ failed: false });
  await settled();
  expect(rig.trace()).toContain('state j: post-start -> running');
  expect(rig.faults[0]).toMatchObject({
    where: 'a listener of "state"',
    error: { message: 'broken listener' },
  });
});

test('a listener may call the engine, and is told everything in order', async () => {
  const rig = engineRig({ jobs: [jobOf('j'), jobOf('k', { startOn: on('more') })] });
  rig.engine.on('state', ({ job, to }) => {
    if (job === 'j' && to === 'pre-start') void rig.engine.emit('more');
  });
  await rig.engine.start('j');
  await settled();
  expect([rig.status('j'), rig.status('k')]).toEqual(['start/running', 'start/running']);
});

test('a job of `domain autostart` starts with the daemon, and on what it says itself', async () => {
  const domain: DomainSpec = {
    image: { source: { kind: 'busybox' }, copies: [], interfaces: [] },
    console: { ready: [], fail: [], watch: [] },
    vifs: [],
    autostart: true,
  };
  const jobs = [jobOf('plain', { domain }), jobOf('also', { domain, startOn: on('go') })];
  const rig = engineRig({ jobs });
  await rig.engine.emit('startup');
  await settled();
  expect([rig.status('plain'), rig.status('also')]).toEqual(['start/running', 'start/running']);
  for (const name of ['plain', 'also']) await rig.engine.stop(name);
  await rig.engine.emit('go');
  expect([rig.status('plain'), rig.status('also')]).toEqual(['stop/waiting', 'start/running']);
});

test('a listener that is taken off hears no more', async () => {
  const rig = engineRig({ jobs: [] });
  const heard: string[] = [];
  const off = rig.engine.on('event', ({ event }) => heard.push(event.name));
  await rig.engine.emit('a');
  off();
  await rig.engine.emit('b');
  expect(heard).toEqual(['a', 'a', 'a']);
});

test('aborting ends the waiting, never the job', async () => {
  const rig = engineRig({ jobs: [jobOf('t', { task: true, startOn: on('go') })] });
  const waiting = new AbortController();
  const emitted = rig.engine.emit('go', [], { signal: waiting.signal });
  await settled();
  waiting.abort();
  await expect(emitted).rejects.toMatchObject({ code: 'cancelled' });
  expect(rig.status('t')).toBe('start/running');
  rig.mains.of('t').end({ kind: 'exited', status: 0 });
  await rig.engine.idle();
  expect(rig.trace()).toContain('finished go');
});

test('nothing begins for a signal that is aborted already', async () => {
  const rig = engineRig({ jobs: [jobOf('j')] });
  const signal = AbortSignal.abort();
  await expect(rig.engine.start('j', [], { signal })).rejects.toMatchObject({ code: 'cancelled' });
  await expect(rig.engine.emit('go', [], { signal })).rejects.toMatchObject({ code: 'cancelled' });
  await settled();
  expect(rig.trace()).toEqual([]);
});

test('a run gives its lines, its facts, its phases and its result', async () => {
  const rig = engineRig({ jobs: [jobOf('j', { task: true })] });
  const run = await rig.engine.start('j');
  await settled();
  const { report } = rig.mains.of('j').context;
  report.line({ source: 'console', text: 'early' });
  const lines: string[] = [];
  const reading = (async () => {
    for await (const { text } of run.lines) lines.push(text);
  })();
  report.line({ source: 'console', text: 'late' });
  report.fact('memoryUsed', 9000);
  report.progress({ kind: 'begin', phase: 'boot' });
  report.progress({ kind: 'end', phase: 'boot', ms: 12 });
  rig.clock.turn(50);
  rig.mains.of('j').end({ kind: 'exited', status: 3 });
  expect(await run.result).toEqual({
    job: 'j',
    instance: '',
    result: 'failed',
    ending: { kind: 'exited', status: 3 },
    failedProcess: 'main',
    failedEnding: { kind: 'exited', status: 3 },
    facts: { memoryUsed: 9000 },
    phases: [{ phase: 'boot', ms: 12 }],
    startedAt: 0,
    endedAt: 50,
  });
  await reading;
  expect(lines).toEqual(['early', 'late']);
});

test('what a run emits starts other jobs', async () => {
  const rig = engineRig({ jobs: [jobOf('j'), jobOf('k', { startOn: on('ready', 'STEP=1') })] });
  await rig.engine.start('j');
  await settled();
  rig.mains.of('j').context.report.emit('ready', [{ name: 'STEP', value: '1' }]);
  await settled();
  expect(rig.status('k')).toBe('start/running');
});

test('a new definition waits until the last instance is gone', async () => {
  const rig = engineRig({ jobs: [jobOf('j', { startOn: on('old') })] });
  await rig.engine.emit('old');
  rig.engine.define(jobOf('j', { startOn: on('new') }));
  expect(rig.engine.jobs()).toMatchObject([{ startOn: { event: 'old' } }]);
  await rig.engine.stop('j');
  await rig.engine.emit('old');
  expect(rig.status('j')).toBe('stop/waiting');
  await rig.engine.emit('new');
  expect(rig.status('j')).toBe('start/running');
  rig.engine.undefine('j');
  await rig.engine.stop('j');
  expect(rig.engine.jobs()).toEqual([]);
});

test('a new definition keeps the half of an and that came true, where it wants it too', async () => {
  const rig = engineRig({ jobs: [jobOf('j', { startOn: and(on('a'), on('b')) })] });
  const emitted = rig.engine.emit('a');
  await settled();
  rig.engine.define(jobOf('j', { startOn: and(on('c'), on('a')) }));
  await rig.engine.emit('c');
  expect(await emitted).toEqual({ failed: false });
  expect(rig.status('j')).toBe('start/running');
});

test('a definition that is gone lets go of the events that it held', async () => {
  const rig = engineRig({ jobs: [jobOf('j', { startOn: and(on('a'), on('b')) })] });
  const emitted = rig.engine.emit('a');
  await settled();
  rig.engine.undefine('j');
  expect(await emitted).toEqual({ failed: false });
});

test('nothing is respawned once the session ends', async () => {
  const ends = { kind: 'exited', status: 1 } as const;
  const rig = engineRig({
    jobs: [
      jobOf('last', { startOn: on('session-end'), respawn: true }),
      jobOf('after', { startOn: on('session-end'), respawn: true, task: true }),
    ],
    main: { after: { ends } },
  });
  const over = rig.engine.quiesce('session-end', []);
  await settled();
  expect(rig.status('last')).toBe('start/running');
  rig.mains.of('last').end(ends);
  await over;
  expect(rig.mains.runs).toHaveLength(2);
  expect(rig.trace().filter((line) => line.startsWith('respawning'))).toEqual([]);
});

test('NUL in a variable is refused, and later starts work', async () => {
  const rig = engineRig({ jobs: [jobOf('j', { startOn: on('go') })] });
  const { engine } = rig;
  const nul = [{ name: 'A', value: 'a\0b' }];
  const error = expect.objectContaining({
    code: 'job-invalid',
    message: 'A NUL character is in "a\\u0000b"',
  });
  expect(() => engine.environment.set('A=\0', { retain: false })).toThrow('A NUL character');
  await expect(engine.start('j', nul)).rejects.toThrow(error);
  await expect(engine.emit('go', nul)).rejects.toThrow(error);
  await expect(engine.emit('g\0')).rejects.toThrow('A NUL character');
  await (await engine.start('j')).answer;
  await expect(engine.stop('j', nul)).rejects.toThrow(error);
  await expect(engine.restart('j', nul)).rejects.toThrow(error);
  expect(rig.status('j')).toBe('start/running');
});

test('close stops everything, also what waits for an event that is held', async () => {
  const rig = engineRig({
    jobs: [
      jobOf('j', { startOn: on('go') }),
      jobOf('held', { startOn: on('go') }),
      jobOf('k', { startOn: and(on('starting', 'JOB=held'), on('never')) }),
      jobOf('again', { startOn: on('stopped'), respawn: true }),
    ],
  });
  void rig.engine.emit('go');
  await settled();
  expect([rig.status('j'), rig.status('held')]).toEqual(['start/running', 'start/starting']);
  await rig.engine.close();
  expect(rig.engine.status().map(({ state }) => state)).toEqual(Array(4).fill('waiting'));
  expect(rig.mains.runs).toHaveLength(1);
  await expect(rig.engine.emit('go')).rejects.toMatchObject({ code: 'cancelled' });
  await expect(rig.engine.start('j')).rejects.toMatchObject({ code: 'cancelled' });
});

test('a main process that cannot even be made fails its job', async () => {
  const rig = engineRig({
    jobs: [jobOf('j')],
    engine: {
      createMainProcess: () => {
        throw new DomstartError('not-supported', 'no such driver');
      },
    },
  });
  const { result } = await rig.engine.start('j');
  expect(await result).toMatchObject({ result: 'failed', error: { code: 'not-supported' } });
});

test('a machine that breaks down is a fault of its own run, which leaves nothing', async () => {
  const rig = engineRig({
    jobs: [jobOf('j'), jobOf('k')],
    engine: {
      clock: {
        now: () => 0,
        after: () => {
          throw new Error('no timer');
        },
      },
    },
  });
  const j = await rig.engine.start('j');
  const k = await rig.engine.start('k');
  await Promise.all([j.answer, k.answer]);
  expect(await rig.engine.stop('j')).toMatchObject({ failed: true });
  expect(await j.result).toMatchObject({ result: 'failed', error: { message: 'no timer' } });
  expect(rig.faults).toMatchObject([{ where: 'j', error: { message: 'no timer' } }]);
  expect(rig.mains.runs[0]?.calls.slice(-2)).toEqual(['kill', 'cleanUp']);
  expect([rig.status('j'), rig.status('k')]).toEqual(['stop/waiting', 'start/running']);
});

test('unknown jobs and instances are told', async () => {
  const rig = engineRig({ jobs: [jobOf('j')] });
  await expect(rig.engine.start('x')).rejects.toMatchObject({ code: 'job-unknown' });
  await expect(rig.engine.stop('j')).rejects.toMatchObject({ code: 'job-unchanged' });
});

test('two engines do not know of each other', async () => {
  const one = engineRig({ jobs: [jobOf('j', { startOn: on('go') })] });
  const two = engineRig({ jobs: [jobOf('j', { startOn: on('go') })] });
  await one.engine.emit('go');
  expect([one.status('j'), two.status('j')]).toEqual(['start/running', 'stop/waiting']);
  expect(two.trace()).toEqual([]);
});

const quick = { task: true, processes: {} };
const ring = [
  jobOf('a', { ...quick, startOn: on('stopped', 'JOB=b'), stopOn: on('started', 'JOB=a') }),
  jobOf('b', { ...quick, startOn: on('stopped', 'JOB=a'), stopOn: on('started', 'JOB=b') }),
];

test('jobs that start each other for ever are named and started no more; others go on', async () => {
  const rig = engineRig({ jobs: [...ring, jobOf('other', { startOn: on('go') })] });
  const failures: string[] = [];
  rig.engine.on('instance', (told) => {
    if (told.kind === 'failed') failures.push(`${told.error.code}: ${told.error.message}`);
  });
  void rig.engine.emit('stopped', [{ name: 'JOB', value: 'b' }]);
  void rig.engine.emit('go');
  await settled();
  expect(failures).toEqual([
    expect.stringMatching(/^event-loop: .*\ba is not started.*a → b → a$/),
  ]);
  expect([rig.status('a'), rig.status('other')]).toEqual(['stop/waiting', 'start/running']);
});

test('what the outside starts is no loop, however often', async () => {
  const rig = engineRig({
    jobs: [jobOf('j', { ...quick, startOn: on('go'), stopOn: on('started', 'JOB=j') })],
  });
  let runs = 0;
  rig.engine.on('result', () => {
    runs += 1;
  });
  for (let i = 0; i < 500; i += 1) await rig.engine.emit('go');
  expect(runs).toBe(500);
});

test('what one job starts over and over is no loop', async () => {
  const rig = engineRig({
    jobs: [
      jobOf('outer', { startOn: on('begin') }),
      jobOf('inner', { ...quick, startOn: on('go'), stopOn: on('started', 'JOB=inner') }),
    ],
  });
  await rig.engine.emit('begin');
  let runs = 0;
  rig.engine.on('result', () => {
    runs += 1;
  });
  // As its script would: for each file, `initctl emit go`.
  for (let i = 0; i < 500; i += 1) {
    await rig.engine.emit('go', [], { from: { job: 'outer', instance: '' } });
  }
  expect(runs).toBe(500);
});

test('a loop through a command from inside a job is one too', async () => {
  const rig = engineRig({
    jobs: [jobOf('j', { ...quick, startOn: on('go'), stopOn: on('started', 'JOB=j') })],
  });
  let emitted = 0;
  // As its script would, with `initctl emit go`.
  rig.engine.on('state', ({ to }) => {
    if (to !== 'stopping') return;
    emitted += 1;
    rig.engine.queue('go', [], { from: { job: 'j', instance: '' } });
  });
  void rig.engine.emit('go');
  await rig.engine.idle();
  expect(emitted).toBeLessThan(200);
});

test('a queue that is long leaves the host its turn', async () => {
  const rig = engineRig({ jobs: [jobOf('j', { startOn: on('last') })] });
  for (let i = 0; i < 30_000; i += 1) rig.engine.queue('nobody-listens');
  rig.engine.queue('last');
  await settled();
  expect(rig.clock.armed).toBe(1);
  expect(rig.status('j')).toBe('stop/waiting');
  while (rig.clock.armed > 0) {
    rig.clock.turn(0);
    await settled();
  }
  expect(rig.status('j')).toBe('start/running');
});

test('with 10,000 jobs loaded, an event that matches none costs no more', async () => {
  const rig = engineRig({
    jobs: Array.from({ length: 10_000 }, (_, index) =>
      jobOf(`job-${index}`, { startOn: on('started', `JOB=other-${index}`) }),
    ),
  });
  // Were each job asked about each event, it would take longer than a test may.
  for (let round = 0; round < 20; round += 1) {
    for (let i = 0; i < 5000; i += 1) void rig.engine.emit('nobody-listens');
    await rig.engine.idle();
  }
  expect(rig.status('job-0')).toBe('stop/waiting');
});
