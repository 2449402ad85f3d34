/**
 * The TextMate grammar, which Visual Studio Code, Sublime Text and many others read. Its
 * patterns keep to what JavaScript and Oniguruma have in common, so that tests can run them.
 */
import { grammarWords } from './grammar-words.ts';

interface Rule {
  readonly name?: string;
  readonly contentName?: string;
  readonly match?: string;
  readonly begin?: string;
  readonly end?: string;
  readonly include?: string;
  readonly captures?: Captures;
  readonly beginCaptures?: Captures;
  readonly endCaptures?: Captures;
  readonly patterns?: readonly Rule[];
}

type Captures = Readonly<Record<string, { readonly name: string }>>;

export interface TextMateGrammar {
  readonly name: string;
  readonly scopeName: string;
  readonly comment: string;
  readonly fileTypes: readonly string[];
  readonly patterns: readonly Rule[];
  readonly repository: Readonly<Record<string, Rule>>;
}

const STANZA = { name: 'keyword.control.domstart' };
const HASH = '#comment';

const REPOSITORY: Readonly<Record<string, Rule>> = {
  comment: { name: 'comment.line.number-sign.domstart', match: '#.*$' },
  string: {
    patterns: ['"', "'"].map((quote) => ({
      name: `string.quoted.${quote === '"' ? 'double' : 'single'}.domstart`,
      begin: quote,
      end: quote,
      patterns: [
        { name: 'constant.character.escape.domstart', match: '\\\\.' },
        { include: '#variable' },
      ],
    })),
  },
  variable: {
    name: 'variable.other.domstart',
    match: '\\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|\\{[^}]*\\})',
  },
  number: { name: 'constant.numeric.domstart', match: '(?<=\\s)-?[0-9]+[KMG]?(?=\\s|$)' },
  expression: {
    patterns: [
      { include: HASH },
      { include: '#string' },
      { name: 'keyword.operator.logical.domstart', match: '(?<=[\\s()])(?:and|or)(?=[\\s()]|$)' },
      {
        match: '([A-Za-z_][A-Za-z0-9_]*)(!?=)',
        captures: {
          1: { name: 'variable.parameter.domstart' },
          2: { name: 'keyword.operator.comparison.domstart' },
        },
      },
      {
        name: 'entity.name.function.event.domstart',
        match: '(?<=\\bon |\\band |\\bor |\\()[^\\s()#"\'=!]+',
      },
      {
        begin: '\\(',
        end: '\\)',
        beginCaptures: { 0: { name: 'punctuation.section.parens.begin.domstart' } },
        endCaptures: { 0: { name: 'punctuation.section.parens.end.domstart' } },
        patterns: [{ include: '#expression' }],
      },
    ],
  },
};

export function textMateGrammar(): TextMateGrammar {
  const { scripts, guests, commands, conditions, plain } = grammarWords();
  const longestFirst = [...plain].reverse();
  return {
    name: 'Domstart job',
    scopeName: 'source.domstart',
    comment: 'Written by `npm run generate` from src/language/stanzas. Do not edit.',
    fileTypes: [],
    patterns: [
      { include: HASH },
      ...blocksOf(scripts, guests),
      {
        begin: `^\\s*(${alternatives(commands)})(?=\\s)`,
        end: ENDS_LINE,
        beginCaptures: { 1: STANZA },
        contentName: 'meta.embedded.line.shellscript',
        patterns: [{ include: 'source.shell' }],
      },
      {
        begin: `^\\s*(${alternatives(conditions)})(?=\\s)`,
        end: ENDS_LINE,
        beginCaptures: { 1: STANZA },
        patterns: [{ include: '#expression' }],
      },
      ...longestFirst
        .filter(([, choices]) => choices.length > 0)
        .map(([words, choices]) => ({
          match: `^\\s*(${spaced(words)})\\s+(${choices.map(escaped).join('|')})(?=\\s|$)`,
          captures: { 1: STANZA, 2: { name: 'constant.language.domstart' } },
        })),
      {
        match: `^\\s*(${alternatives(longestFirst.map(([words]) => words))})(?=\\s|$)`,
        captures: { 1: STANZA },
      },
      { include: '#string' },
      { include: '#variable' },
      { include: '#number' },
    ],
    repository: REPOSITORY,
  };
}

/** Not behind a backslash, which joins the next line. */
const ENDS_LINE = '(?<!\\\\)$';

function blocksOf(scripts: readonly string[], guests: readonly string[]): Rule[] {
  return [
    {
      begin: `^\\s*(${alternatives(scripts)})\\s*(#.*)?$`,
      end: '^\\s*(end\\s+script)(?=\\s|$)',
      beginCaptures: { 1: STANZA, 2: { name: 'comment.line.number-sign.domstart' } },
      endCaptures: { 1: STANZA },
      contentName: 'meta.embedded.block.shellscript',
      patterns: [{ include: 'source.shell' }],
    },
    {
      begin: `^\\s*(${alternatives(guests)})\\s+(?!init(?:\\s|$))(\\S+)`,
      end: '^\\s*(end\\s+guest)(?=\\s|$)',
      beginCaptures: { 1: STANZA, 2: { name: 'entity.name.section.domstart' } },
      endCaptures: { 1: STANZA },
      patterns: [{ include: '$self' }],
    },
  ];
}

function alternatives(list: readonly string[]): string {
  return list.map(spaced).join('|');
}

function spaced(words: string): string {
  return words.split(' ').map(escaped).join('\\s+');
}

function escaped(word: string): string {
  return word.replaceAll(/[.*+?^$(){}|[\]\\]/g, '\\$&');
}
