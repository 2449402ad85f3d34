import { existsSync, readdirSync, statSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from './figure.ts';
import { inTurn, median } from './measure.ts';

const CORPUS = '../shared/corpus/open';
/** The plain Upstart 1.x job files that other people wrote. */
const FOLDERS = ['init', 'chromeos'].map((name) => join(CORPUS, name));

/** The simplest reader possible: reads the same files and splits their lines. */
const READER = `
  const { readFileSync } = require('node:fs');
  const { globSync } = require('node:fs');
  let lines = 0;
  for (const file of globSync('**/*.conf', { cwd: process.argv[1] })) {
    lines += readFileSync(process.argv[1] + '/' + file, 'utf8').split('\\n').length;
  }
  console.log(lines);`;

/**
 * `domstart check` of the corpus in one call, Node's start included: once, twice and four times as
 * many files, against the floor. Goal: at most 1.0 s, and a cost that is linear in bytes.
 */
export async function check(runs: number): Promise<Report> {
  if (!FOLDERS.every((folder) => existsSync(folder))) {
    const note = `there is no ${CORPUS}, whose job files this reads: nothing was measured`;
    return { notes: [note], figures: [] };
  }
  const folder = await mkdtemp(join(tmpdir(), 'domstart-bench-'));
  try {
    const files = FOLDERS.flatMap((from) => readdirSync(from).map((name) => join(from, name)));
    const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
    const commands: Record<string, string[]> = {};
    for (const times of [1, 2, 4]) {
      const copies = join(folder, `${times}`);
      await copyTimes(files, copies, times);
      commands[`${times}x domstart check`] = checkOf(copies);
      commands[`${times}x --no-sh`] = [...checkOf(copies), '--no-sh'];
      commands[`${times}x the floor`] = [process.execPath, '-e', READER, copies];
    }
    const found = await inTurn(commands, runs, [0, 65]);
    return {
      notes: [`${files.length} files, ${(bytes / 1e6).toFixed(2)} MB`],
      figures: [
        ...Object.entries(found).map(([name, values]) => ({ name, unit: 'ms', values }) as const),
        ...['domstart check', '--no-sh', 'the floor'].flatMap((name) => {
          const [once = 0, twice = 0, four = 0] = [1, 2, 4].map((times) =>
            median(found[`${times}x ${name}`] ?? []),
          );
          const marginal = [twice - once, (four - twice) / 2].map((ms) => (ms * 1e6) / bytes);
          return marginal.map(
            (ms, at) =>
              ({
                name: `${name}: a further MB${at === 0 ? '' : ', later'}`,
                unit: 'ms',
                values: [ms],
              }) as const,
          );
        }),
      ],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function checkOf(folder: string): string[] {
  return ['./bin/domstart', 'check', '--dialect', 'init', folder];
}

/** Copies under names that `check` looks for in a folder. */
async function copyTimes(files: readonly string[], target: string, times: number): Promise<void> {
  for (let copy = 0; copy < times; copy++) {
    const folder = join(target, `${copy}`);
    await mkdir(folder, { recursive: true });
    for (const [at, file] of files.entries()) await copyFile(file, join(folder, `${at}.conf`));
  }
}
