/** Numbers as C's strtol reads them: white space and a sign may stand before the digits. */
import { type ArgumentType, type Refusal, refuse } from './stanza.ts';

const DECIMAL = /^[ \t\n\v\f\r]*([+-]?[0-9]+)$/;
const OCTAL = /^[ \t\n\v\f\r]*([+-]?)([0-7]+)$/;

export const INT_MAX = 2_147_483_647;

function readDecimal(text: string): number | undefined {
  const digits = DECIMAL.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export interface IntegerOptions {
  readonly code: string;
  /** Upstart's own words. */
  readonly message: string;
  readonly from: number;
  readonly to: number;
}

export function integer(options: IntegerOptions): ArgumentType<number> {
  const { code, message, from, to } = options;
  const expects = `a whole number from ${from} to ${to}`;
  return {
    expects,
    read: (text) => {
      const value = readDecimal(text);
      if (value !== undefined && value >= from && value <= to) return value;
      return refuse(code, message, expects);
    },
  };
}

/** An integer, or one word that stands for itself. */
export function integerOr<W extends string>(
  word: W,
  options: IntegerOptions,
): ArgumentType<number | W> {
  const number = integer(options);
  return {
    choices: [word],
    expects: `${number.expects}, or \`${word}\``,
    read: (text) => {
      if (text === word) return word;
      const value = number.read(text);
      if (typeof value === 'number') return value;
      return { ...value, hint: `${value.hint}, or \`${word}\`` };
    },
  };
}

export const SECONDS: IntegerOptions = {
  code: 'illegal-interval',
  message: 'Illegal interval, expected number of seconds',
  from: 0,
  to: INT_MAX,
};

export const COUNT: IntegerOptions = {
  code: 'illegal-limit',
  message: "Illegal limit, expected 'unlimited' or integer",
  from: 0,
  to: INT_MAX,
};

export interface OctalOptions {
  readonly code: string;
  readonly message: string;
  readonly to: number;
}

export function octal({ code, message, to }: OctalOptions): ArgumentType<number> {
  const expects = `octal digits from 0 to ${to.toString(8)}`;
  return {
    expects,
    read: (text) => {
      const found = OCTAL.exec(text);
      const value = Number.parseInt(found?.[2] ?? '', 8);
      if (value <= to && (found?.[1] !== '-' || value === 0)) return value;
      return refuse(code, message, expects);
    },
    write: (value) => `0${value.toString(8)}`,
  };
}

const ULONG_MAX = 2n ** 64n - 1n;

/**
 * One value of `limit`, read by strtoul: a negative number wraps to a huge one, which limits
 * nothing, so it is `unlimited` here.
 */
export const limitValue: ArgumentType<number | null> = {
  choices: ['unlimited'],
  expects: 'a whole number, or `unlimited`',
  read: (text) => {
    if (text === 'unlimited') return null;
    const digits = DECIMAL.exec(text)?.[1];
    if (digits === undefined || digits.length > 21) return refuseLimit();
    const value = BigInt(digits.replace('+', ''));
    if (value < 0n) return -value <= ULONG_MAX ? null : refuseLimit();
    if (value > ULONG_MAX) return refuseLimit();
    const number = Number(value);
    return number >= Number(ULONG_MAX) ? null : number;
  },
  write: (value) => (value === null ? 'unlimited' : String(value)),
};

function refuseLimit(): Refusal {
  return refuse(COUNT.code, COUNT.message, 'two values, soft and hard: `limit nofile 1024 4096`');
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

export interface SizeOptions {
  /** What a number without a unit counts, in bytes. */
  readonly unit: number;
  readonly from: number;
  readonly to: number;
}

/** `700M`, `1G`, `64K`, or a plain number; in units of `unit`. */
export function size({ unit, from, to }: SizeOptions): ArgumentType<number> {
  const range = `from ${formatSize(from * unit)} to ${formatSize(to * unit)}`;
  const counted = unit === 1 ? 'bytes' : `${formatSize(unit).slice(1)}iB`;
  return {
    expects: `a number of ${counted}, or one with K, M or G: ${range}`,
    read: (text) => {
      const found = /^([0-9]{1,12})([KMG]?)$/i.exec(text);
      const suffix = (found?.[2] ?? '').toUpperCase();
      const scale = suffix === '' ? 1 : (UNITS[suffix] ?? 1) / unit;
      const value = Number(found?.[1] ?? Number.NaN) * scale;
      if (Number.isInteger(value) && value >= from && value <= to) return value;
      return refuse('illegal-size', 'Illegal size, expected a number with K, M or G', range);
    },
  };
}

function formatSize(bytes: number): string {
  for (const unit of ['G', 'M', 'K'] as const) {
    const scale = UNITS[unit] ?? 1;
    if (bytes >= scale && bytes % scale === 0) return `${bytes / scale}${unit}`;
  }
  return `${bytes}`;
}
