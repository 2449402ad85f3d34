/** The syntax file for Vim. Of matches at one place Vim takes the last one: the longer words. */
import { grammarWords } from './grammar-words.ts';

const HEAD = `" Vim syntax file
" Language: job files of Domstart and Upstart
" Written by \`npm run generate\` from src/language/stanzas. Do not edit.
if exists('b:current_syntax')
  finish
endif

syn include @domstartShell syntax/sh.vim
unlet! b:current_syntax
syn case match
syn iskeyword @,48-57,_,-
syn sync fromstart

syn match domstartComment /#.*/ contains=@Spell
syn region domstartString start=/"/ skip=/\\\\./ end=/"/
syn region domstartString start=/'/ skip=/\\\\./ end=/'/
syn match domstartVariable /\\$\\%(\\h\\w*\\|[0-9]\\+\\|{[^}]*}\\)/
syn match domstartNumber /\\s\\@1<=-\\?\\d\\+[KMG]\\?\\%(\\s\\|$\\)\\@=/
syn match domstartContinue /\\\\$/
`;

const CONDITION = `
syn cluster domstartExpression contains=domstartParens,domstartOperator,domstartEvent,domstartName,domstartString,domstartComment,domstartContinue,domstartVariable
syn region domstartParens contained transparent start=/(/ end=/)/ contains=@domstartExpression
syn keyword domstartOperator contained and or
syn match domstartEvent contained /\\%(\\%(\\<on\\|\\<and\\|\\<or\\)\\_s\\+\\|(\\_s*\\)\\@<=\\%(\\%(and\\|or\\)\\>\\)\\@![^ \\t\\n()#"'=!\\\\]\\+/
syn match domstartName contained /\\h\\w*\\ze!\\?=/`;

const TAIL = `
hi def link domstartStanza Statement
hi def link domstartChoice Constant
hi def link domstartComment Comment
hi def link domstartString String
hi def link domstartVariable Identifier
hi def link domstartName Identifier
hi def link domstartNumber Number
hi def link domstartOperator Operator
hi def link domstartEvent Type
hi def link domstartContinue Special

let b:current_syntax = 'domstart'
`;

export function vimSyntax(): string {
  const { scripts, guests, commands, conditions, plain } = grammarWords();
  const lines = [HEAD];
  for (const [words, choices] of plain) {
    const group = `domstartAfter_${words.replaceAll(/\W/g, '_')}`;
    const next = choices.length > 0 ? ` nextgroup=${group} skipwhite` : '';
    lines.push(`syn match domstartStanza ${stanzaAt(words)}${next}`);
    if (choices.length === 0) continue;
    lines.push(`syn match ${group} contained /\\%(${choices.join('\\|')}\\)\\>/`);
    lines.push(`hi def link ${group} domstartChoice`);
  }
  lines.push(CONDITION);
  for (const words of conditions) {
    lines.push(
      `syn region domstartCondition matchgroup=domstartStanza start=${stanzaAt(words)} skip=/\\\\$/ end=/$/ contains=@domstartExpression`,
    );
  }
  for (const words of commands) {
    lines.push(
      `syn region domstartCommand matchgroup=domstartStanza start=${stanzaAt(words)} skip=/\\\\$/ end=/$/ contains=@domstartShell keepend`,
    );
  }
  for (const words of scripts) {
    lines.push(
      `syn region domstartScript matchgroup=domstartStanza start=/^\\s*${spaced(words)}\\ze\\s*\\%(#.*\\)\\?$/ end=/^\\s*end\\s\\+script\\>/ contains=@domstartShell keepend fold`,
    );
  }
  for (const words of guests) {
    lines.push(
      `syn region domstartGuest matchgroup=domstartStanza start=/^\\s*${spaced(words)}\\%(\\s\\+init\\>\\)\\@!\\>/ end=/^\\s*end\\s\\+guest\\>/ contains=TOP fold`,
    );
  }
  return `${lines.join('\n')}\n${TAIL}`;
}

function stanzaAt(words: string): string {
  return `/^\\s*${spaced(words)}\\%(\\s\\|$\\)\\@=/`;
}

function spaced(words: string): string {
  return words.replaceAll(' ', '\\s\\+');
}
