import { expect, test } from 'vitest';
import { dialectOf } from '../../src/language/dialect-of.ts';
import { parseJob } from '../../src/language/parse-job.ts';

test.each([
  ['/etc/event.d/tty1', 'event.d'],
  ['event.d/rc-noklus', 'event.d'],
  ['/etc/init/cron.conf', 'init'],
  ['guest/etc/init/sub/cron.conf', 'init'],
  ['cron.override', 'init'],
  ['jobs/rc-noklus.conf', 'domstart'],
  ['my-event.d.conf', 'domstart'],
])('%s is read as %s', (file, dialect) => {
  expect(dialectOf(file)).toBe(dialect);
});

test.each([
  ['jobs/rc-noklus.conf', 'domstart', 'rc-noklus'],
  ['/etc/init/sub/one.conf', 'init', 'sub/one'],
  ['/etc/init/e.f.conf', 'init', 'e.f'],
  ['etc/init/one.override', 'init', 'one'],
  ['/etc/event.d/sub/one.conf', 'event.d', 'sub/one.conf'],
  ['.d.conf', 'domstart', '.d'],
  ['noextension', 'domstart', 'noextension'],
] as const)('%s (%s) holds the job %s', (file, dialect, name) => {
  expect(parseJob({ text: '# nothing\n', file, dialect }).job).toMatchObject({ name, file });
});

test('a name that is given counts', () => {
  const { job } = parseJob({ text: '', file: 'x/y.conf', dialect: 'domstart', name: 'x/y' });
  expect(job?.name).toBe('x/y');
});
