import { describe, expect, test } from 'vitest';
import { oldChange, oldEmit } from '../../../src/daemon/control/old-style.ts';
import type { Item } from '../../../src/daemon/control/protocol.ts';
import type { JobDefinition } from '../../../src/model/job.ts';
import { engineRig, type RigOptions } from '../../engine/engine-rig.ts';
import { jobOf, on } from '../../support/job.ts';

function oldJob(name: string, fields: Partial<JobDefinition> = {}): JobDefinition {
  return jobOf(name, { dialect: 'event.d', ...fields });
}

function rig(jobs: readonly JobDefinition[], more: Partial<RigOptions> = {}) {
  return engineRig({ jobs, ...more, engine: { oldPasses: true } });
}

/** `j start/running main`, `event go x`, `failure …`. */
async function tellAll(items: AsyncIterable<Item>): Promise<string[]> {
  const told: string[] = [];
  for await (const item of items) told.push(tell(item));
  return told;
}

function tell(item: Item): string {
  switch (item.kind) {
    case 'transition': {
      const { job, goal, state, processes } = item.status;
      return [`${job} ${goal}/${state}`, ...processes.map(({ process }) => process)].join(' ');
    }
    case 'event':
      return ['event', item.name, ...item.arguments, ...item.env].join(' ');
    case 'failure':
      return `failure ${item.message}`;
    default:
      return item.kind;
  }
}

const never = new AbortController().signal;

const UP = [
  'start/waiting',
  'start/starting',
  'start/pre-start',
  'start/spawned main',
  'start/post-start main',
  'start/running main',
];

describe('start and stop', () => {
  test('tell every state that was gone through, up to rest', async () => {
    const { engine } = rig([oldJob('j')]);
    expect(
      await tellAll(oldChange(engine, { verb: 'start', jobs: ['j'], wait: true }, never)),
    ).toEqual(UP.map((step) => `j ${step}`));
    expect(
      await tellAll(oldChange(engine, { verb: 'stop', jobs: ['j'], wait: true }, never)),
    ).toEqual([
      'j stop/running main',
      'j stop/pre-stop main',
      'j stop/stopping main',
      'j stop/killed main',
      'j stop/post-stop',
      'j stop/waiting',
    ]);
  });

  test('a task rests when it is done; how it failed comes last', async () => {
    const { engine } = rig([oldJob('t', { task: true })], {
      main: { t: { ends: { kind: 'exited', status: 5 } } },
    });
    const told = await tellAll(
      oldChange(engine, { verb: 'start', jobs: ['t'], wait: true }, never),
    );
    expect(told.at(-2)).toBe('t stop/waiting');
    expect(told.at(-1)).toBe('failure t main process terminated with status 5');
  });

  test('several jobs are begun at once, and what cannot be begun keeps none', async () => {
    const jobs = [oldJob('a', { processes: {} }), oldJob('b', { processes: {} })];
    const { engine } = rig(jobs);
    const told = await tellAll(
      oldChange(engine, { verb: 'start', jobs: ['a', 'none', 'b'], wait: true }, never),
    );
    expect(told.slice(0, 4)).toEqual([
      'a start/waiting',
      'a start/starting',
      'b start/waiting',
      'b start/starting',
    ]);
    expect(told).toContain('a start/running');
    expect(told).toContain('b start/running');
    expect(told.at(-1)).toBe('failure Unknown job: none');
  });

  test('what is so already is not changed', async () => {
    const { engine } = rig([oldJob('j')]);
    const stop = { verb: 'stop', jobs: ['j'], wait: true } as const;
    expect(await tellAll(oldChange(engine, stop, never))).toEqual(['failure Job not changed: j']);
  });

  test('an abort ends the telling, not the job', async () => {
    const { engine, mains } = rig([oldJob('j')], { main: { j: { stubborn: true } } });
    await (await engine.start('j')).answer;
    const abort = new AbortController();
    const told: string[] = [];
    for await (const item of oldChange(
      engine,
      { verb: 'stop', jobs: ['j'], wait: true },
      abort.signal,
    )) {
      told.push(tell(item));
      if (told.at(-1) === 'j stop/killed main') abort.abort();
    }
    expect(told.at(-1)).toBe('j stop/killed main');
    expect(engine.status('j')).toMatchObject([{ goal: 'stop', state: 'killed' }]);
    mains.runs[0]?.end({ kind: 'signalled', signal: 'KILL' });
    await engine.idle();
  });
});

describe('emit', () => {
  const emit = (event: string, more: { wait?: boolean; arguments?: readonly string[] } = {}) => ({
    event,
    arguments: more.arguments ?? [],
    env: [],
    variables: [],
    wait: more.wait ?? true,
  });

  test('tells the event, and what becomes of the jobs that it starts', async () => {
    const jobs = [
      oldJob('j', { startOn: on('go', 'x*') }),
      oldJob('other', { startOn: on('started', 'j'), processes: {} }),
    ];
    const { engine } = rig(jobs);
    expect(await tellAll(oldEmit(engine, emit('go', { arguments: ['xyz'] }), never))).toEqual([
      'event go xyz',
      ...UP.map((step) => `j ${step}`),
    ]);
  });

  test('of an event that nobody hears there is nothing else to tell', async () => {
    const { engine } = rig([oldJob('j', { startOn: on('go', 'x*') })]);
    expect(await tellAll(oldEmit(engine, emit('go', { arguments: ['abc'] }), never))).toEqual([
      'event go abc',
    ]);
  });

  test('without waiting only the event is told', async () => {
    const { engine } = rig([oldJob('j', { startOn: on('go') })]);
    expect(await tellAll(oldEmit(engine, emit('go', { wait: false }), never))).toEqual([
      'event go',
    ]);
    await expect.poll(() => engine.status('j')).toMatchObject([{ state: 'running' }]);
  });

  test('a task that fails fails the event', async () => {
    const { engine } = rig([oldJob('t', { startOn: on('go'), task: true })], {
      main: { t: { ends: { kind: 'exited', status: 1 } } },
    });
    const told: string[] = [];
    const all = (async () => {
      for await (const item of oldEmit(engine, emit('go'), never)) told.push(tell(item));
    })();
    await expect(all).rejects.toMatchObject({
      code: 'event-failed',
      message: 'go event failed',
    });
    expect(told.at(-1)).toBe('t stop/waiting');
  });
});
