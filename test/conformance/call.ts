import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findScenarios } from './scenario.ts';

export const HELP = `Usage: npm run conformance -- [DIR…] [--json] [--at-once N]

Plays recorded scenarios of Upstart on a real domstartd and compares everything: the trace, what
jobs wrote, what commands printed, and their status. Told are the differences: - is the record,
+ what was seen.

DIR is a scenario, or a folder of scenarios; without any, all that belong to Domstart are played.
A scenario is a folder with
  commands        one step a line: a command (initctl start a, sh COMMAND), bg NAME COMMAND,
                  wait NAME, poll NAME, until COMMAND, sleep SECONDS, signal NAME
  expected.log    what the real program did (T| trace, O| output, X| console, C| printed, R| status)
  jobs/           NAME.conf and NAME.override; or event.d/, for Upstart 0.3
  options, about  if there are any: options of init, a line for people
  fs/             if there is any: files that are there before

Options:
  --json          one JSON object a line for each scenario; the summary goes to standard error
  --at-once N     how many are played side by side (default: 6)
  --help          this

Ends with \`N passed, N failed\`. Scenarios that need rights which are not to be had here (\`setuid\`
without root) are skipped, with the reason, and counted. A folder that is no whole scenario, or has
none in it, is a failure.

Exit status: 0 none failed, 1 some failed, 64 wrong usage.

Examples:
  npm run conformance -- test/conformance/scenarios/setuid
  npm run conformance -- ~/records --at-once 2`;

/** Told in one line. */
export class UsageError extends Error {}

export type Call =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'play';
      /** Whole paths, each once. */
      readonly folders: readonly string[];
      readonly json: boolean;
      readonly atOnce: number;
    };

const OWN = ['scenarios', 'scenarios-0.3', 'crashers', 'own'];

/** Most of a scenario is waiting, so some are played at a time. */
const AT_ONCE = '6';

/** Throws a UsageError. Paths count from `from`. */
export function parseCall(argv: readonly string[], from: string): Call {
  const { values, positionals } = parse(argv);
  if (values.help) return { kind: 'help' };
  const given =
    positionals.length > 0
      ? positionals.map((path) => folderAt(path, from))
      : OWN.map((name) => join(import.meta.dirname, name));
  return {
    kind: 'play',
    folders: [...new Set(given.flatMap(findScenarios))],
    json: values.json ?? false,
    atOnce: countOf(values['at-once'] ?? AT_ONCE),
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        json: { type: 'boolean' },
        'at-once': { type: 'string' },
      },
    });
  } catch (error) {
    const [said = ''] = (error as Error).message.split(/\. |\n/, 1);
    throw new UsageError(`${said} (--help tells what there is)`);
  }
}

function folderAt(path: string, from: string): string {
  const folder = resolve(from, path);
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`there is no folder ${folder}`);
  if (!found.isDirectory()) throw new UsageError(`${folder} is no folder`);
  return folder;
}

function countOf(text: string): number {
  if (/^[1-9][0-9]{0,3}$/.test(text)) return Number(text);
  throw new UsageError(`--at-once wants a number from 1 on, not "${text}"`);
}
