import { expect, it } from 'vitest';
import { refuseMissingTools } from '../../../src/host/kernel-build/build-tools.ts';

function refused(...missing: string[]): unknown {
  try {
    return refuseMissingTools((tool) => !missing.includes(tool));
  } catch (error) {
    return error;
  }
}

it('everything that is missing is one error, with the command that gets it', () => {
  expect(refused()).toBeUndefined();
  expect(refused('gcc', 'ld', 'xz')).toMatchObject({
    code: 'host-incapable',
    message: 'cannot build a kernel: this host lacks gcc, ld, xz',
    hint: 'as root: apt-get install --no-install-recommends gcc binutils xz-utils',
  });
});

it('where there is no apt, no command of it is told', () => {
  expect(refused('make', 'apt-get')).toMatchObject({
    message: 'cannot build a kernel: this host lacks make, apt-get',
    hint: expect.stringContaining('on a Debian host'),
  });
});
