import { expect, test } from 'vitest';
import { createInstanceEnvironment } from '../../src/engine/instance-environment.ts';
import type { Variable } from '../../src/model/environment.ts';
import { createEvent, type Event } from '../../src/model/event.ts';
import type { JobDefinition } from '../../src/model/job.ts';
import { jobOf } from '../support/job.ts';

interface RigOptions {
  readonly fields?: Partial<JobDefinition>;
  readonly cause?: Event;
  readonly added?: readonly Variable[];
}

const SESSION = [{ name: 'UPSTART_SESSION', value: 's' }];

function rig({ fields, cause, added = SESSION }: RigOptions = {}) {
  return createInstanceEnvironment({
    job: jobOf('j', fields),
    instance: 'one',
    id: 7,
    cause: () => cause,
    outer: new Map([['LANG', 'C']]),
    added,
  });
}

const table = (...variables: readonly string[]) =>
  new Map(variables.map((text) => text.split('=') as [string, string]));

const lines = (environment: ReadonlyMap<string, string>) =>
  Array.from(environment, ([name, value]) => `${name}=${value}`);

const OWN = ['UPSTART_JOB=j', 'UPSTART_INSTANCE=one', 'UPSTART_SESSION=s'];

test('what a start brings counts from the next beginning on', () => {
  const environment = rig();
  environment.willStartWith(table('A=1'));
  expect(lines(environment.table)).toEqual([]);
  environment.begin();
  environment.willStartWith(table('A=2'));
  expect(lines(environment.forProcess({ stopping: false }))).toEqual(['A=1', ...OWN]);
  environment.begin();
  expect(lines(environment.table)).toEqual(['A=2']);
});

test('without another start environment the one that it has is kept', () => {
  const environment = rig();
  environment.willStartWith(table('A=1'));
  environment.begin();
  environment.begin();
  expect(lines(environment.table)).toEqual(['A=1']);
});

test('what a stop brings reaches pre-stop and post-stop alone, and not the next run', () => {
  const environment = rig();
  environment.willStartWith(table('A=1', 'B=1'));
  environment.begin();
  environment.willStopWith([
    { name: 'B', value: 'stop' },
    { name: 'C', value: 'stop' },
  ]);
  expect(lines(environment.forProcess({ stopping: true }))).toEqual([
    'A=1',
    'B=stop',
    'C=stop',
    ...OWN,
  ]);
  expect(lines(environment.forProcess({ stopping: false }))).toEqual(['A=1', 'B=1', ...OWN]);
  environment.begin();
  expect(lines(environment.forProcess({ stopping: true }))).toEqual(['A=1', 'B=1', ...OWN]);
});

test('a stop that was cancelled is forgotten', () => {
  const environment = rig();
  environment.willStopWith([{ name: 'B', value: 'stop' }]);
  environment.dropStop();
  expect(lines(environment.forProcess({ stopping: true }))).toEqual(OWN);
});

test('nobody takes the place of UPSTART_JOB and UPSTART_INSTANCE', () => {
  const environment = rig();
  environment.willStartWith(table('UPSTART_JOB=evil'));
  environment.begin();
  environment.willStopWith([{ name: 'UPSTART_INSTANCE', value: 'evil' }]);
  expect(environment.forProcess({ stopping: true })).toEqual(
    table('UPSTART_JOB=j', 'UPSTART_INSTANCE=one', 'UPSTART_SESSION=s'),
  );
});

test('a change reaches what it has and what its next start will bring', () => {
  const environment = rig();
  environment.willStartWith(table('A=1'));
  environment.begin();
  environment.willStartWith(table('A=2'));
  environment.change((before) => new Map([...before, ['NEW', 'x']]));
  expect(lines(environment.table)).toEqual(['A=1', 'NEW=x']);
  environment.begin();
  expect(lines(environment.table)).toEqual(['A=2', 'NEW=x']);
});

test("event.d: the event's variables come before the job's own env, which counts", () => {
  const cause = createEvent('ev', [], {
    arguments: ['one'],
    environment: [
      { name: 'A', value: 'event' },
      { name: 'C', value: 'event' },
    ],
  });
  const fields = { dialect: 'event.d', env: ['A=job', 'LANG', 'MISSING'] } as const;
  const environment = rig({ fields, cause, added: [] });
  environment.willStartWith(table('PATH=/bin', 'MISSING=x'));
  environment.begin();
  environment.willStopWith([{ name: 'B', value: 'never' }]);
  expect(lines(environment.forProcess({ stopping: true }))).toEqual([
    'PATH=/bin',
    'UPSTART_JOB_ID=7',
    'UPSTART_JOB=j',
    'UPSTART_EVENT=ev',
    'A=job',
    'C=event',
    'LANG=C',
  ]);
});

test('event.d: what is started by hand has no event', () => {
  const environment = rig({ fields: { dialect: 'event.d' }, added: [] });
  expect(lines(environment.forProcess({ stopping: false }))).toEqual([
    'UPSTART_JOB_ID=7',
    'UPSTART_JOB=j',
  ]);
});

test('event.d: nobody takes the place of what every process gets', () => {
  const environment = rig({ fields: { dialect: 'event.d', env: ['UPSTART_SESSION=evil'] } });
  expect(lines(environment.forProcess({ stopping: false }))).toEqual([
    'UPSTART_JOB_ID=7',
    'UPSTART_JOB=j',
    'UPSTART_SESSION=s',
  ]);
});
