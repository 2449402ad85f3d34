import { expect, test } from 'vitest';
import { toErrorAnswer } from '../../../src/daemon/control/error-answer.ts';
import { DomstartError } from '../../../src/model/errors.ts';

test('an error goes to the client with its code, message and hint', () => {
  const error = new DomstartError('host-io', 'no space left', { hint: 'free some' });
  expect(toErrorAnswer(error)).toEqual({
    code: 'host-io',
    message: 'no space left',
    hint: 'free some',
  });
  expect(toErrorAnswer(new DomstartError('job-unknown', 'Unknown job: j'))).toEqual({
    code: 'job-unknown',
    message: 'Unknown job: j',
  });
});

test("where an error stands for one of Upstart's, its words are told", () => {
  const cause = new Error('Unknown parameter: N');
  const error = new DomstartError('variable-missing', 'j needs N', { cause });
  expect(toErrorAnswer(error).message).toBe('Unknown parameter: N');
});

test('the words of the host are none of Upstart', () => {
  const cause = Object.assign(new Error('EACCES: x'), { code: 'EACCES' });
  const error = new DomstartError('host-io', 'cannot read x', { cause });
  expect(toErrorAnswer(error).message).toBe('cannot read x');
});

test("a job's usage is a line of the message, as initctl shows it", () => {
  const cause = new Error('Unknown parameter: N');
  const error = new DomstartError('variable-missing', 'j needs N', {
    cause,
    hint: 'usage: N=number\nof the thing',
  });
  expect(toErrorAnswer(error)).toEqual({
    code: 'variable-missing',
    message: 'Unknown parameter: N\nUsage: N=number\nof the thing',
  });
});

test('whatever else was thrown is a defect, and told', () => {
  expect(toErrorAnswer(new TypeError('x is undefined'))).toEqual({
    code: 'internal',
    message: 'x is undefined',
  });
  expect(toErrorAnswer('a text')).toEqual({ code: 'internal', message: 'a text' });
});
