/** `npm run bench -- NAME [RUNS]`: the figures that the issues name; see each file. */

import { check } from './check.ts';
import { life } from './life.ts';
import { describeMachine } from './measure.ts';
import { start } from './start.ts';

const BENCHES: Record<string, (runs: number) => Promise<string[]>> = { check, life, start };

const [name = '', runs = '9'] = process.argv.slice(2);
const bench = BENCHES[name];
if (bench === undefined || !(Number(runs) >= 1)) {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [RUNS]`);
  process.exit(64);
}
console.log(describeMachine());
for (const line of await bench(Number(runs))) console.log(line);
