import { existsSync, readdirSync, readFileSync } from 'node:fs';
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

/** The folder itself, or all scenario folders in it. */
export function findScenarios(given: string): string[] {
  const folder = resolve(given);
  if (existsSync(join(folder, 'commands'))) return [folder];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'commands')))
    .map(({ name }) => join(folder, name))
    .sort();
}

export function readScenario(folder: string): Scenario {
  const name = basename(folder);
  const old = existsSync(join(folder, 'event.d'));
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
