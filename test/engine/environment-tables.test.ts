import { expect, test } from 'vitest';
import { jobOf } from '../support/job.ts';
import { engineRig } from './engine-rig.ts';

const J = { job: 'j', instance: '' };

async function rig() {
  const job = jobOf('j', { env: ['A=file'], processes: {} });
  const built = engineRig({ jobs: [job, jobOf('k', { processes: {} })] });
  await (await built.engine.start('j')).answer;
  await (await built.engine.start('k')).answer;
  return { ...built, tables: built.engine.environment };
}

test('the global table is where environments start from, and all that live have it too', async () => {
  const { engine, tables } = await rig();
  tables.set('NEW=1', { retain: false });
  expect(tables.list()).toEqual(['PATH=/bin', 'NEW=1']);
  expect(tables.get('NEW', { of: J })).toBe('1');
  expect(tables.get('NEW', { of: { job: 'k', instance: '' } })).toBe('1');
  await engine.stop('k');
  await (await engine.start('k')).answer;
  expect(tables.get('NEW', { of: { job: 'k', instance: '' } })).toBe('1');
});

test('an instance has its own table, of which nobody else knows', async () => {
  const { tables } = await rig();
  tables.set('NEW=1', { retain: false, of: J });
  expect(tables.list({ of: J })).toEqual(['PATH=/bin', 'A=file', 'NEW=1']);
  expect(() => tables.get('NEW')).toThrow('No such variable: NEW');
  expect(() => tables.get('NEW', { of: { job: 'k', instance: '' } })).toThrow('No such variable');
});

test('a value may hold =, a bare name is set to nothing, and retain keeps what is there', async () => {
  const { tables } = await rig();
  tables.set('X=a=b', { retain: false });
  tables.set('BARE', { retain: false });
  tables.set('X=other', { retain: true });
  tables.set('Y=new', { retain: true });
  expect(tables.list()).toEqual(['PATH=/bin', 'X=a=b', 'BARE=', 'Y=new']);
});

test('unset removes exactly the variable that it names, and minds none that is not there', async () => {
  const { tables } = await rig();
  tables.set('FOO=1', { retain: false });
  tables.unset('FOOBAR');
  expect(tables.get('FOO')).toBe('1');
  tables.unset('FOO');
  expect(() => tables.get('FOO')).toThrow(expect.objectContaining({ code: 'variable-missing' }));
  expect(tables.list({ of: J })).toEqual(['PATH=/bin', 'A=file']);
});

test('reset: the global table as it was at first, an instance as its file says it', async () => {
  const { tables } = await rig();
  tables.set('PATH=/other', { retain: false });
  tables.set('A=changed', { retain: false, of: J });
  tables.reset();
  expect(tables.list()).toEqual(['PATH=/bin']);
  expect(tables.list({ of: J })).toEqual(['PATH=/other', 'A=changed']);
  tables.reset({ of: J });
  expect(tables.list({ of: J })).toEqual(['PATH=/bin', 'A=file']);
});

test('of an instance that does not live there is nothing to be had', async () => {
  const { tables } = await rig();
  const gone = { of: { job: 'j', instance: 'gone' } };
  expect(() => tables.get('A', gone)).toThrow('Unknown instance: gone');
  expect(() => tables.set('A=1', { retain: false, ...gone })).toThrow('Unknown instance: gone');
  expect(() => tables.list({ of: { job: 'none', instance: '' } })).toThrow('Unknown job: none');
});

test('what pre-start sets counts for the main process', async () => {
  const job = jobOf('j', {
    processes: { main: { kind: 'exec', text: 'j' }, 'pre-start': { kind: 'exec', text: 'p' } },
  });
  const built = engineRig({
    jobs: [job],
    async run() {
      built.engine.environment.set('SET=early', { retain: false, of: J });
      return { kind: 'exited', status: 0 };
    },
  });
  await (await built.engine.start('j')).answer;
  expect(built.mains.runs[0]?.context.environment.get('SET')).toBe('early');
});

test('a variable without a name is refused, and changes nothing', async () => {
  const { tables } = await rig();
  for (const text of ['=x', '=', '']) {
    const nameless = expect.objectContaining({ code: 'job-invalid' });
    expect(() => tables.set(text, { retain: false })).toThrow(nameless);
    expect(() => tables.set(text, { retain: false, of: J })).toThrow(nameless);
  }
  expect(tables.list()).toEqual(['PATH=/bin']);
  expect(tables.list({ of: J })).toEqual(['PATH=/bin', 'A=file']);
});
