import { describe, expect, test } from 'vitest';
import { turnOffByOverride, turnOffOld } from '../../../src/guest/upstart/turn-off.ts';
import { parseJob } from '../../../src/language/parse-job.ts';
import { corpusIsThere, corpusTexts, ownTexts } from '../../language/job-texts.ts';

const ABOUT = '# Turned off: `domstart guest restore` puts the original back.\n';
const AWAY = '# Turned off: `domstart guest restore` takes this away.\n';

describe('a job of Upstart 0.3 is off', () => {
  test.each<[string, string, string]>([
    ['one line', 'start on startup\nexec a\n', `${ABOUT}start on domstart-never\nexec a\n`],
    [
      'several, with comments',
      'exec a\n\tstart on b # x\nstart on c "d e" \\\n  f #y\nstop on g\n',
      `exec a\n\t${ABOUT}start on domstart-never # x\n #y\nstop on g\n`,
    ],
    ['no end of the last line', 'start on a', `${ABOUT}start on domstart-never`],
    [
      'other bytes than UTF-8, and ends of lines with a return',
      '# \xe9\r\nstart on a\r\nexec \xff\r\n',
      `# \xe9\r\n${ABOUT}start on domstart-never\r\nexec \xff\r\n`,
    ],
    [
      'an escaped end',
      'start on a \\\n\nexec b\n',
      `${ABOUT}start on domstart-never \\\n\nexec b\n`,
    ],
  ])('%s', (_what, text, off) => {
    expect(turnOffOld(text, 'j')).toEqual({ kind: 'off', text: off });
  });

  test.each([['exec a\n'], ['stop on a\nexec b\n'], ['# nothing\n'], ['']])(
    '%j is idle',
    (text) => {
      expect(turnOffOld(text, 'j')).toEqual({ kind: 'idle' });
    },
  );

  test('a broken one leaves nothing that an older Upstart could start', () => {
    const off = turnOffOld('start on a\nrespawn /bin/x\n', 'j');
    expect(off).toEqual({ kind: 'replaced', text: ABOUT });
  });
});

describe('a job of a later Upstart is off', () => {
  const job = { name: 'j', text: 'start on a\nexec b\n' };

  test('by an override', () => {
    expect(turnOffByOverride(job)).toEqual({ kind: 'off', text: `${AWAY}manual\n` });
  });

  test('with what its own override says, which may not start it either', () => {
    const text = `env A=1\nstart on c\n${AWAY}manual\n`;
    expect(turnOffByOverride({ ...job, override: 'env A=1\nstart on c' })).toEqual({
      kind: 'off',
      text,
    });
    expect(parseJob({ ...job, file: 'j.conf', dialect: 'init', override: text }).job).toMatchObject(
      {
        env: ['A=1'],
      },
    );
  });

  test('whose override would be cut short before it, by a new one alone', () => {
    const override = 'bogus\n';
    expect(turnOffByOverride({ ...job, override })).toEqual({
      kind: 'replaced',
      text: `${AWAY}manual\n`,
    });
  });

  test('already, by its own override', () => {
    expect(turnOffByOverride({ ...job, override: 'manual\n' })).toEqual({ kind: 'idle' });
    expect(turnOffByOverride({ name: 'j', text: 'exec b\n' })).toEqual({ kind: 'idle' });
  });
});

const texts = ownTexts().filter(({ dialect }) => dialect === 'event.d' || dialect === 'init');
const corpus = corpusIsThere ? [...corpusTexts('eventd'), ...corpusTexts('init')] : [];

test.each([
  ['of the tests', texts],
  ['that other people wrote', corpus],
])('jobs %s never start, and else are what they were', (_whose, jobs) => {
  let off = 0;
  for (const { file, dialect, text } of jobs) {
    const options = { text, file, name: file, dialect } as const;
    const before = parseJob(options).job;
    const old = dialect === 'event.d';
    const turned = old ? turnOffOld(text, file) : turnOffByOverride({ name: file, text });
    if (turned.kind === 'idle') {
      expect(before?.startOn).toBeUndefined();
      continue;
    }
    const changes = old ? { text: turned.text } : { override: turned.text };
    const { startOn, manual: _, ...after } = parseJob({ ...options, ...changes }).job ?? {};
    expect(startOn?.kind === 'match' ? startOn.event : startOn).toBe(
      old && turned.kind === 'off' ? 'domstart-never' : undefined,
    );
    if (before === undefined) continue;
    expect(turned.kind).toBe('off');
    const { startOn: __, manual: ___, ...original } = before;
    expect(after).toEqual(original);
    off += 1;
  }
  expect(off).toBeGreaterThanOrEqual(jobs.length / 10);
});
