import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type Expected, parseExpected } from './expected.ts';

/** One recorded scenario: a folder with jobs, steps, and what the real program did. */
export interface Scenario {
  readonly name: string;
  readonly folder: string;
  readonly about: string;
  /** Upstart 0.3, whose jobs are in event.d and whose init is process 1 of a private root. */
  readonly old: boolean;
  readonly steps: readonly string[];
  /** Of the daemon. */
  readonly options: readonly string[];
  readonly expected: Expected;
  /** What Domstart does instead, where that is better on purpose, and why. */
  readonly ours?: { readonly why: string; readonly expected: Expected };
}

/** Scenarios that end otherwise on purpose: NAME.log, whose first line says why. */
const OURS = join(import.meta.dirname, 'ours');

/** Each of them alone shows that a folder was meant to be one. */
const PARTS = ['commands', 'expected.log', 'jobs', 'event.d'];

/**
 * The folder itself, or all scenario folders in it; where it has none, itself as well: that it is
 * no scenario is told when it is read.
 */
export function findScenarios(given: string): string[] {
  const folder = resolve(given);
  if (isMeant(folder)) return [folder];
  const inside = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() && isMeant(path))
    .sort();
  return inside.length > 0 ? inside : [folder];
}

function isMeant(folder: string): boolean {
  return PARTS.some((name) => existsSync(join(folder, name)));
}

/** Throws an error that says what the folder lacks. */
export function readScenario(folder: string): Scenario {
  const name = basename(folder);
  if (!isMeant(folder)) throw new Error(`no scenario: neither ${folder} nor a folder in it is one`);
  for (const file of ['commands', 'expected.log']) {
    if (!existsSync(join(folder, file))) throw new Error(`no whole scenario: it has no ${file}`);
  }
  const old = existsSync(join(folder, 'event.d'));
  if (!old && !existsSync(join(folder, 'jobs'))) {
    throw new Error('no whole scenario: it has neither jobs nor event.d');
  }
  const lines = (file: string) =>
    existsSync(join(folder, file))
      ? readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean)
      : [];
  const ours = readOurs(name, { old });
  return {
    name,
    folder,
    about: lines('about').join(' '),
    old,
    steps: lines('commands'),
    options: lines('options').flatMap((line) => line.split(/\s+/)),
    expected: parseExpected(readFileSync(join(folder, 'expected.log'), 'utf8'), { old }),
    ...(ours === undefined ? {} : { ours }),
  };
}

function readOurs(name: string, { old }: { readonly old: boolean }): Scenario['ours'] {
  const file = join(OURS, `${name}.log`);
  if (!existsSync(file)) return undefined;
  const [why = '', ...log] = readFileSync(file, 'utf8').split('\n');
  return { why: why.replace(/^# /, ''), expected: parseExpected(log.join('\n'), { old }) };
}
