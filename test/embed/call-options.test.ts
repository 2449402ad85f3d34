import { expect, test } from 'vitest';
import { createEngine } from '../../src/embed/engine.ts';

const one = 'instance $N\nenv N=1\nexec true\n';

test.each([
  ['a number', { N: 1 }, 'variables.N must be a text, and is 1'],
  ['nothing', { N: undefined }, 'variables.N must be a text, and is undefined'],
  ['an object', { N: {} }, 'variables.N must be a text, and is an object'],
  ['null for all', null, 'variables must be an object, and is null'],
  ['a list of texts', ['N=1'], 'variables[0] must be an object'],
])('%s as a variable is refused by its name', async (_name, variables, message) => {
  await using engine = createEngine({ jobs: [{ name: 'one', text: one }] });
  const options = { variables: variables as never };
  const refused = { code: 'job-invalid', message: expect.stringContaining(message) };
  await expect(engine.start('one', options)).rejects.toMatchObject(refused);
  await expect(engine.emit('an-event', options)).rejects.toMatchObject(refused);
});

test('what is no name of an event, and nothing that could be listened to, is refused', async () => {
  await using engine = createEngine();
  await expect(engine.emit(5 as never)).rejects.toMatchObject({ code: 'job-invalid' });
  await expect(engine.emit('')).rejects.toMatchObject({ code: 'job-invalid' });
  expect(() => engine.on('evnt' as never, () => {})).toThrow('must be one of "event"');
  expect(() => engine.on('event', undefined as never)).toThrow('must be a function');
  for (const call of [engine.emit('x', null as never), engine.start('x', 5 as never)]) {
    await expect(call).rejects.toMatchObject({
      code: 'job-invalid',
      message: expect.stringMatching(/^the options of a call must be an object/),
    });
  }
  expect(() => engine.announcements(['evnt' as never])).toThrow('must be one of "event"');
});

test.each([
  [null, 'the options of an engine must be an object, and is null'],
  [{ jobs: {} }, 'jobs must be a list, and is an object'],
])('an engine of %j is refused', (options, message) => {
  const refused = expect.objectContaining({ code: 'job-invalid', message });
  expect(() => createEngine(options as never)).toThrow(refused);
});
