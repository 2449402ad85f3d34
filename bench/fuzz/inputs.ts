/** What the fuzzer feeds the parsers with. */
import { STANZAS } from '../../src/language/stanzas/table.ts';
import type { Random } from './random.ts';

export interface Input {
  readonly kind: string;
  readonly text: string;
}

/** Whatever a lexer may stumble over. */
const PIECES: readonly string[] = [
  ...['\n', '\r\n', ' ', '\t', '\0', '\\', '\\\n', '"', "'", '#', '(', ')', '=', '!=', '$', '{'],
  ...['\uFEFF', '\uFFFD', '\u2028', '\ud800', '\u{1f600}', '\u001b[31m', 'é', '日本'],
  ...[
    'and',
    'or',
    'end script\n',
    'end guest\n',
    'guest x\n',
    'script\n',
    'start on ',
    'A=1',
    '-1',
  ],
  ...['2147483648', '0', '1e9', '0x10', 'unlimited', 'never', '[!2]', '*', '%', '\v', '\f'],
];

type Maker = (random: Random, seeds: readonly string[]) => string;

const MAKERS: Readonly<Record<string, Maker>> = {
  mutated: (random, seeds) => mutate(random, random.pick(seeds), seeds),
  grammar: (random) => lines(random, 1 + random.below(12), stanzaLine).join('\n'),
  pieces: (random) => lines(random, random.below(60), (from) => from.pick(PIECES)).join(''),
  bytes: (random) => bytes(random, random.below(400)),
  repeated: (random) => {
    const piece = lines(random, 1 + random.below(3), anyPiece).join('');
    const before = random.below(2) === 0 ? '' : `${stanzaLine(random)} `;
    return before + piece.repeat(1 + random.below(20_000 / (piece.length + 1)));
  },
};

const KINDS = Object.keys(MAKERS);

export function makeInput(random: Random, seeds: readonly string[]): Input {
  const kind = random.pick(KINDS);
  return { kind, text: MAKERS[kind]?.(random, seeds) ?? '' };
}

function lines(random: Random, count: number, make: (random: Random) => string): string[] {
  return Array.from({ length: count }, () => make(random));
}

function anyPiece(random: Random): string {
  return random.below(3) === 0 ? `${stanzaLine(random)}\n` : random.pick(PIECES);
}

function bytes(random: Random, length: number): string {
  return Buffer.from(lines(random, length, (from) => `${from.below(256)}`).map(Number)).toString();
}

/** A row's words with arguments that are mostly right. */
function stanzaLine(random: Random): string {
  const { words, form, example } = random.pick(STANZAS);
  if (form.kind !== 'arguments' || random.below(4) === 0) return example;
  const parts = form.arguments.flatMap(({ type, count }) => {
    const times = count === 'some' || count === 'any' ? random.below(4) : 1;
    return lines(random, times, () => argumentOf(random, type.choices));
  });
  return [words, ...parts].join(random.pick([' ', ' ', '  ', '\t', ' \\\n ']));
}

function argumentOf(random: Random, choices: readonly string[] | undefined): string {
  if (choices !== undefined && random.below(2) === 0) return random.pick(choices);
  const value = random.pick(['a', '5', '0755', '1M', 'A=b', '/etc/x', 'eth0', 'a b', '$FILE', 'é']);
  return random.pick([value, value, `"${value}"`, `'${value}'`, random.pick(PIECES)]);
}

/** Cuts, copies, inserts and moves, one to eight times. */
function mutate(random: Random, text: string, seeds: readonly string[]): string {
  let result = text;
  for (let times = 1 + random.below(8); times > 0; times--) {
    const [from, to] = [random.below(result.length + 1), random.below(result.length + 1)].sort(
      (a, b) => a - b,
    ) as [number, number];
    const part = result.slice(from, Math.min(to, from + 200));
    const [before, after] = [result.slice(0, from), result.slice(from)];
    switch (random.below(6)) {
      case 0:
        result = before + result.slice(from + part.length);
        break;
      case 1:
        result = before + part + after;
        break;
      case 2:
        result = before + anyPiece(random) + after;
        break;
      case 3:
        result = before + String.fromCharCode(random.below(256)) + after.slice(1);
        break;
      case 4:
        result = before + random.pick(seeds).slice(random.below(200));
        break;
      default:
        result = before;
    }
  }
  return result.slice(0, 100_000);
}
