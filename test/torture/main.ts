/** `npm run torture -- [--minutes N] [--seed S] [--burst N] [--domains N]` */
import { parseArgs } from 'node:util';
import { torture } from './torture.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    burst: { type: 'string', default: '2000' },
    domains: { type: 'string', default: '0' },
  },
});
const [minutes, seed, burst, domains] = [
  ...[values.minutes, values.seed, values.burst, values.domains].map(Number),
] as [number, number, number, number];
console.error(`seed ${seed}`);
const report = await torture({
  ...{ seconds: minutes * 60, seed, burst, domains },
  onProgress: (text) => console.error(text),
});
const { faults, folder, host, domain, ...counts } = report;
console.log(JSON.stringify({ seed, ...counts, host, domain }, undefined, 2));
for (const fault of faults.slice(0, 50)) console.log(`FAULT ${fault}`);
if (faults.length > 0) console.log(`${faults.length} faults; all of it is in ${folder}`);
process.exitCode = faults.length > 0 ? 1 : 0;
