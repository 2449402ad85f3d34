import { stanzasPage } from './stanzas-page.ts';
import { textMateGrammar } from './textmate-grammar.ts';
import { vimSyntax } from './vim-syntax.ts';

/** The files that come out of the stanza table: path from the top of the repository, contents. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/stanzas.md', stanzasPage()],
    ['editors/vim/syntax/domstart.vim', vimSyntax()],
    [
      'editors/textmate/domstart.tmLanguage.json',
      `${JSON.stringify(textMateGrammar(), undefined, 2)}\n`,
    ],
  ]);
}
