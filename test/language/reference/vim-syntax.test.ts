import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { vimSyntax } from '../../../src/language/reference/vim-syntax.ts';
import { STANZAS } from '../../../src/language/stanzas/table.ts';

/** The part of Vim's pattern language that the file uses for stanzas, as JavaScript's. */
function fromVim(pattern: string): RegExp {
  const behind = /\\%\(((?:(?!\\%\().)*?)\\\)\\@([!=])/g;
  return new RegExp(
    pattern
      .replaceAll(behind, (_, inner: string, kind: string) => `(?${kind}${inner})`)
      .replaceAll('\\ze', '')
      .replaceAll('\\%(', '(?:')
      .replaceAll('\\|', '|')
      .replaceAll('\\+', '+')
      .replaceAll('\\?', '?')
      .replaceAll('\\)', ')')
      .replaceAll('\\>', '(?![\\w-])'),
  );
}

const stanzas = Array.from(
  vimSyntax().matchAll(/(?:syn match domstartStanza |matchgroup=domstartStanza start=)\/(.*?)\//g),
  (match) => fromVim(match[1] ?? ''),
);

test.each(STANZAS.map(({ words, example }) => [words, example] as const))(
  '%s is known by its words',
  (words, example) => {
    const [line = ''] = example.split('\n');
    const lengths = stanzas.map((form) => form.exec(line)?.[0].trimEnd().length ?? 0);
    expect(Math.max(...lengths)).toBe(words.length);
  },
);

const SAMPLE = `# comment
start on (startup
  or run FILE=*.sh)
respawn limit unlimited
pre-start script
    echo "$HOME"
end script
guest one
    exec true
end guest
task
`;

/** What Vim itself makes of it, at places given as line:column. */
const EXPECTED: Readonly<Record<string, string>> = {
  '1:1': 'domstartComment',
  '2:1': 'domstartStanza',
  '2:11': 'domstartEvent',
  '3:3': 'domstartOperator',
  '3:6': 'domstartEvent',
  '3:10': 'domstartName',
  '4:15': 'domstartAfter_respawn_limit',
  '5:1': 'domstartStanza',
  '6:5': 'shStatement',
  '6:11': 'shDerefSimple',
  '7:1': 'domstartStanza',
  '8:1': 'domstartStanza',
  '9:5': 'domstartStanza',
  '10:1': 'domstartStanza',
  '11:1': 'domstartStanza',
};

const version = spawnSync('vim', ['--version'], { encoding: 'utf8' }).stdout ?? '';

// Vim is not ours to ask for: where it is, it is asked.
if (version.includes('+syntax')) {
  test('Vim shows what is meant', () => {
    const folder = mkdtempSync(join(tmpdir(), 'domstart-vim-'));
    try {
      const runtime = resolve(import.meta.dirname, '../../../editors/vim');
      writeFileSync(join(folder, 'sample.conf'), SAMPLE);
      const places = Object.keys(EXPECTED).map((place) => `[${place.replace(':', ',')}]`);
      writeFileSync(
        join(folder, 'ask.vim'),
        [
          `exe 'set nocompatible rtp^=${runtime}'`,
          'filetype on',
          'syntax on',
          `edit ${join(folder, 'sample.conf')}`,
          `let names = map([${places.join(',')}], "synIDattr(synID(v:val[0], v:val[1], 1), 'name')")`,
          `call writefile([&filetype] + names, '${join(folder, 'names')}')`,
          'qall!',
        ].join('\n'),
      );
      spawnSync('vim', ['-es', '-u', 'NONE', '-i', 'NONE', '-n', '-S', join(folder, 'ask.vim')], {
        timeout: 20_000,
      });
      const [filetype, ...names] = readFileSync(join(folder, 'names'), 'utf8').split('\n');
      expect(filetype).toBe('domstart');
      expect(
        Object.fromEntries(Object.keys(EXPECTED).map((place, at) => [place, names[at]])),
      ).toEqual(EXPECTED);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
