/** The reference page of the manual: every stanza, as the table has it. */
import { EVERY, type Stanza } from '../stanzas/stanza.ts';
import { STANZA_GROUPS, STANZAS } from '../stanzas/table.ts';
import { argumentsOf, repetitionOf, syntaxOf } from './describe-stanza.ts';

const HEAD = `# Stanzas

<!-- Written by \`npm run generate\` from src/language/stanzas. Do not edit. -->

Every stanza of every dialect. \`event.d\` is Upstart 0.3's language (\`/etc/event.d\`), \`init\`
that of Upstart 0.5 to 1.13 (\`/etc/init\`), \`chromeos\` is \`init\` with what ChromiumOS's own Upstart
adds, \`domstart\` is \`init\` with the stanzas of domains.
Brackets mark what may be left out, \`…\` what may be repeated.
`;

/** Markdown. */
export function stanzasPage(): string {
  const groups = STANZA_GROUPS.filter(({ stanzas }) => stanzas.length > 0);
  const sections = groups.map(({ title, stanzas }) => {
    const words = [...new Set(stanzas.map((stanza) => stanza.words))];
    const entries = words.map((word) =>
      entry(
        word,
        stanzas.filter((stanza) => stanza.words === word),
      ),
    );
    return `## ${title}\n\n${entries.join('\n')}`;
  });
  return [HEAD, index(), ...sections].join('\n');
}

function index(): string {
  const words = [...new Set(STANZAS.map((stanza) => stanza.words))].sort();
  const rows = words.map((word) => {
    const dialects = STANZAS.filter((row) => row.words === word).flatMap((row) => row.dialects);
    const marks = EVERY.map((dialect) => (dialects.includes(dialect) ? 'x' : ' '));
    return `| [${word}](#${word.replaceAll(' ', '-')}) | ${marks.join(' | ')} |`;
  });
  return [
    `| stanza | ${EVERY.join(' | ')} |`,
    `|---|${EVERY.map(() => ':-:|').join('')}`,
    ...rows,
    '',
  ].join('\n');
}

/** The rows that share their words: one dialect may read them otherwise than another. */
function entry(words: string, rows: readonly Stanza[]): string {
  return `### ${words}\n\n${rows.map(variant).join('\n')}`;
}

function variant(row: Stanza): string {
  const repetition = repetitionOf(row);
  const facts = [
    ...argumentsOf(row),
    ...(repetition === undefined ? [] : [`repeated: ${repetition}`]),
    ...(row.direct && row.dialects.includes('init') ? ['honoured by `guest init direct`'] : []),
  ];
  return [
    `\`${syntaxOf(row)}\` (${row.dialects.join(', ')})`,
    '',
    row.help,
    '',
    ...facts.map((fact) => `- ${fact}`),
    ...(facts.length > 0 ? [''] : []),
    '```',
    row.example,
    '```',
    '',
  ].join('\n');
}
