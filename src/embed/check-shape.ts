/** Whether a value has the shape that it should, told with the path to what has not. */
import { nearestWord } from '../model/nearest-word.ts';

export interface ShapeProblem {
  /** `killTimeout`, `domain.image.copies[0].mode`; empty for the whole. */
  readonly path: string;
  /** `must be a number, and is the text "5"` */
  readonly message: string;
  readonly hint?: string;
}

export type Shape = (value: unknown, path: string) => readonly ShapeProblem[];

/** Any text; NUL is in no argument and no file that a process can have. */
export const text: Shape = (value, path) => {
  if (typeof value !== 'string') return wrong(path, 'a text', value);
  return value.includes('\0') ? [{ path, message: 'must not hold a NUL character' }] : [];
};

export const filled: Shape = (value, path) =>
  value === '' ? [{ path, message: 'must not be empty' }] : text(value, path);

export const number: Shape = (value, path) =>
  typeof value === 'number' && Number.isFinite(value) ? [] : wrong(path, 'a number', value);

export const flag: Shape = (value, path) =>
  typeof value === 'boolean' ? [] : wrong(path, 'true or false', value);

export function word(...words: readonly string[]): Shape {
  const known = words.map((one) => `"${one}"`).join(', ');
  return (value, path) => {
    if (typeof value === 'string' && words.includes(value)) return [];
    const near = typeof value === 'string' ? nearestWord(value, words) : undefined;
    return wrong(path, words.length === 1 ? known : `one of ${known}`, value, near);
  };
}

export function list(of: Shape): Shape {
  return (value, path) =>
    Array.isArray(value)
      ? value.flatMap((one, at) => of(one, `${path}[${at}]`))
      : wrong(path, 'a list', value);
}

/** Any names, each with such a value. */
export function record(of: Shape, nameShape: Shape = filled): Shape {
  return (value, path) =>
    isRecord(value)
      ? Object.entries(value).flatMap(([name, one]) => [
          ...nameShape(name, below(path, name)),
          ...of(one, below(path, name)),
        ])
      : wrong(path, 'an object', value);
}

/** The first shape that the value is of a kind with says what is wrong. */
export function either(
  expected: string,
  ...shapes: readonly [(value: unknown) => boolean, Shape][]
) {
  return ((value, path) => {
    const found = shapes.find(([isKind]) => isKind(value));
    return found === undefined ? wrong(path, expected, value) : found[1](value, path);
  }) satisfies Shape;
}

interface ObjectOptions {
  readonly required?: readonly string[];
}

/** Those keys and no others; a key whose value is undefined counts as left out. */
export function object(
  keys: Readonly<Record<string, Shape>>,
  { required = [] }: ObjectOptions = {},
): Shape {
  return (value, path) => {
    if (!isRecord(value)) return wrong(path, 'an object', value);
    const missing = required.filter((key) => value[key] === undefined);
    return [
      ...missing.map((key) => ({ path: below(path, key), message: 'is missing' })),
      ...Object.entries(value).flatMap(([key, one]) => {
        if (one === undefined) return [];
        const shape = Object.hasOwn(keys, key) ? keys[key] : undefined;
        return shape === undefined ? unknownKey(path, key, keys) : shape(one, below(path, key));
      }),
    ];
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknownKey(path: string, key: string, keys: object): readonly ShapeProblem[] {
  const plain = (name: string) => name.replaceAll(/[^A-Za-z]/g, '').toLowerCase();
  const names = new Map(Object.keys(keys).map((name) => [plain(name), name]));
  const near = names.get(nearestWord(plain(key), names.keys()) ?? '');
  const known = [...names.values()].join(', ');
  return [
    {
      path: below(path, key),
      message: 'is no key of this object',
      hint: near === undefined ? `the keys are ${known}` : `did you mean \`${near}\`?`,
    },
  ];
}

function wrong(
  path: string,
  expected: string,
  value: unknown,
  near?: string,
): readonly ShapeProblem[] {
  const message = `must be ${expected}, and is ${shown(value)}`;
  return [{ path, message, ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }) }];
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, 60))}`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value)
    ? 'a list'
    : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}

function below(path: string, key: string): string {
  const name = /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? key : undefined;
  if (name === undefined) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? name : `${path}.${name}`;
}
