import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { turnOffByOverride, turnOffOld } from '../../../src/guest/upstart/turn-off.ts';
import { parseJob } from '../../../src/language/parse-job.ts';

const CORPUS = '/work/shared/corpus/open';
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

describe.skipIf(!existsSync(CORPUS))('jobs that other people wrote', () => {
  test.each(['eventd', 'init'] as const)('%s: never start, and else are what they were', (kind) => {
    const folder = join(CORPUS, kind);
    const dialect = kind === 'eventd' ? 'event.d' : 'init';
    const names = readdirSync(folder);
    expect(names.length).toBeGreaterThan(100);
    let kept = 0;
    for (const name of names) {
      const text = readFileSync(join(folder, name), 'latin1');
      const options = { text, file: name, name, dialect } as const;
      const before = parseJob(options).job;
      const off =
        dialect === 'event.d' ? turnOffOld(text, name) : turnOffByOverride({ name, text });
      if (off.kind === 'idle') {
        expect(before?.startOn).toBeUndefined();
        continue;
      }
      const after =
        dialect === 'event.d'
          ? parseJob({ ...options, text: off.text }).job
          : parseJob({ ...options, override: off.text }).job;
      if (before === undefined) continue;
      kept += 1;
      expect(off.kind).toBe('off');
      const { startOn, manual: _, ...rest } = after ?? {};
      const { startOn: __, manual: ___, ...original } = before;
      expect(rest).toEqual(original);
      expect([undefined, 'domstart-never']).toContain(
        startOn?.kind === 'match' ? startOn.event : startOn,
      );
    }
    expect(kept).toBeGreaterThan(100);
  });
});
