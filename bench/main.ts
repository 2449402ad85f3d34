/**
 * `npm run bench -- NAME [RUNS] [--json] [options]`: the figures that the issues name; see each file.
 * The built program is measured: `npm run build` first. Progress is told on standard error.
 */
import { parseArgs } from 'node:util';
import { base } from './base.ts';
import { chain } from './chain.ts';
import { check } from './check.ts';
import { crowd } from './crowd.ts';
import { event } from './event.ts';
import { type Report, renderReport, reportJson } from './figure.ts';
import { idle } from './idle.ts';
import { image } from './image.ts';
import { journal } from './journal.ts';
import { kernel } from './kernel.ts';
import { life } from './life.ts';
import { load } from './load.ts';
import { describeMachine } from './measure.ts';
import { soak } from './soak.ts';
import { spool } from './spool.ts';
import { start } from './start.ts';
import { variants } from './variants.ts';

const BENCHES: Record<string, (runs: number, options: BenchOptions) => Promise<Report>> = {
  ...{
    base,
    chain,
    check,
    crowd,
    event,
    idle,
    image,
    journal,
    kernel,
    life,
    load,
    soak,
    spool,
    start,
    variants,
  },
};

/** Where RUNS is not given: those of `base` take minutes. */
const RUNS: Record<string, string> = { base: '2', image: '5', spool: '3', variants: '5' };

export interface BenchOptions {
  /** idle: how long it is watched. Default 60. */
  readonly seconds?: number;
  /** soak: how many events come, and how many jobs run. Default 1,000,000 and 100,000. */
  readonly emits?: number;
  readonly runs?: number;
  /** soak: ends after this time at the latest. */
  readonly minutes?: number;
  /** image: against xen-tools, too, which have to be installed. */
  readonly peer?: boolean;
}

const NUMBERS = ['seconds', 'emits', 'runs', 'minutes'] as const;
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    ...{ json: { type: 'boolean' }, peer: { type: 'boolean' } },
    ...{ seconds: { type: 'string' }, emits: { type: 'string' } },
    ...{ runs: { type: 'string' }, minutes: { type: 'string' } },
  },
});
const [name = '', runs = RUNS[name] ?? '9'] = positionals;
const bench = BENCHES[name];
const given = NUMBERS.flatMap((key) => (values[key] === undefined ? [] : [[key, values[key]]]));
const numbers = given.map(([, text]) => Number(text));
if (bench === undefined || ![Number(runs), ...numbers].every((value) => value > 0)) {
  const options = NUMBERS.map((key) => `[--${key} N]`).join(' ');
  const names = Object.keys(BENCHES).join('|');
  console.error(`usage: npm run bench -- ${names} [RUNS] [--json] [--peer] ${options}`);
  process.exit(64);
}
const machine = describeMachine();
if (!values.json) console.log(machine);
const options = {
  ...Object.fromEntries(given.map(([key], at) => [key, numbers[at]])),
  peer: values.peer ?? false,
};
const report = await bench(Number(runs), options);
if (values.json) console.log(JSON.stringify({ bench: name, machine, ...reportJson(report) }));
else for (const line of renderReport(report)) console.log(line);
