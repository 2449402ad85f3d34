import { describe, expect, test } from 'vitest';
import { checkConfig, formatProblems } from '../../../src/cli/control/check-config.ts';
import { enumerateConfig } from '../../../src/cli/control/enumerate.ts';
import { parseJob } from '../../../src/language/parse-job.ts';

const loaded = (...texts: readonly (readonly [string, string])[]) =>
  texts.map(([name, text]) => {
    const parsed = parseJob({ text, file: `/etc/init/${name}.conf`, dialect: 'init' });
    if (parsed.job === undefined) throw new Error(`${name}: ${JSON.stringify(parsed.diagnostics)}`);
    const { emits, startOn, stopOn } = parsed.job;
    const on = { ...(startOn ? { startOn } : {}), ...(stopOn ? { stopOn } : {}) };
    return { job: name, name, emits, ...on };
  });

const check = (jobs: ReturnType<typeof loaded>, options = {}) =>
  formatProblems(checkConfig(jobs, { ignored: new Set(), warn: false, ...options }));

test('show-config --enumerate prints what the real one printed', () => {
  const jobs = loaded(
    ['b', 'start on stopped a RESULT=ok\n'],
    ['a', 'start on (b and c X=1) or starting d\nstop on e or f and g\nemits one two\n'],
  );
  expect(jobs.flatMap(enumerateConfig)).toEqual([
    'b',
    '  start on stopped (job: a, env: RESULT=ok)',
    'a',
    '  emits one',
    '  emits two',
    '  start on b (job:, env:)',
    '  start on c (job:, env: X=1)',
    '  start on starting (job: d, env:)',
    '  stop on e (job:, env:)',
    '  stop on f (job:, env:)',
    '  stop on g (job:, env:)',
  ]);
});

test.each([
  ['started JOB=x A=1', 'started (job: x, env: A=1)'],
  ['started A=1 JOB=x', 'started (job: x, env: A=1)'],
  ['started x A=1 B=2', 'started (job: x, env: A=1 B=2)'],
  ['started JOB!=x', 'started (job:, env: JOB!=x)'],
  ['ev x', 'ev (job:, env: x)'],
])('the job of %s', (condition, printed) => {
  expect(loaded(['j', `start on ${condition}\n`]).flatMap(enumerateConfig)[1]).toBe(
    `  start on ${printed}`,
  );
});

describe('check-config', () => {
  test('names unknown events and jobs, of an expression the last first', () => {
    const jobs = loaded([
      'splash',
      'start on starting splash or (runlevel [016] and (desktop-shutdown or stopped xdm or stopped ux))\nstop on gone\n',
    ]);
    const ignored = new Set(['runlevel']);
    expect(check(jobs, { ignored })).toEqual([
      'splash',
      '  start on: unknown job ux',
      '  start on: unknown job xdm',
      '  start on: unknown event desktop-shutdown',
      '  stop on: unknown event gone',
    ]);
  });

  test.each([
    ['startup', []],
    ['file FILE=/run/it EVENT=create', []],
    ['nosuch', ['  start on: unknown event nosuch']],
    ['started nosuch', ['  start on: unknown job nosuch']],
    ['made or nosuch', []],
    ['made and nosuch', ['  start on: unknown event nosuch']],
    ['made-by-a-pattern-1', []],
    ['started j', []],
    ['started JOB=other*', []],
    ['started $WHO', []],
    ['started JOB!=nosuch', []],
  ])('start on %s', (condition, lines) => {
    const jobs = loaded(
      ['j', `start on ${condition}\n`],
      ['other-1', 'emits made\nemits made-by-a-pattern-*\n'],
    );
    expect(check(jobs)).toEqual(lines.length === 0 ? [] : ['j', ...lines]);
  });

  test('--warn names also what another part makes up for', () => {
    const jobs = loaded(['j', 'start on startup or nosuch\n']);
    expect(check(jobs, { warn: true })).toEqual(['j', '  start on: unknown event nosuch']);
  });
});
