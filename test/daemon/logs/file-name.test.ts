import { expect, test } from 'vitest';
import { logFileName } from '../../../src/daemon/logs/file-name.ts';

test.each([
  ['web', '', 'web.log'],
  ['web', 'one', 'web-one.log'],
  ['net/web', '/dev/tty/1', 'net_web-_dev_tty_1.log'],
  ['..', '', '...log'],
  ['a', '../../etc/passwd', 'a-.._.._etc_passwd.log'],
  ['a\0b', '', 'a_b.log'],
])('the log of %j (%j) is %s', (job, instance, name) => {
  expect(logFileName(job, instance)).toBe(name);
});

test('as long as a file system takes it, rotated, the name stays whole', () => {
  const name = logFileName('job', 'x'.repeat(242));
  expect(name).toBe(`job-${'x'.repeat(242)}.log`);
  expect(Buffer.byteLength(`${name}.9999`)).toBe(255);
});

test('a name that is too long is shortened between characters, and stays one of its own', () => {
  const [one, other] = ['a', 'b'].map((end) => logFileName('job', `${'ü€'.repeat(200)}${end}`));
  expect(one).not.toBe(other);
  expect(one).toMatch(/^job-(ü€)+ü?~[0-9a-f]{16}\.log$/);
  for (const length of [243, 244, 245, 246, 1000]) {
    const name = logFileName('€'.repeat(length), '');
    expect(Buffer.byteLength(`${name}.9999`)).toBeLessThanOrEqual(255);
    expect(name).not.toContain('\ufffd');
  }
});
