/** `npm run torture -- [--minutes N] [--seed S] [--burst N] [--domains N]` */
import { parseArgs } from 'node:util';
import { torture } from './torture.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    // A long run has one that overflows the kernel's queue of notices.
    burst: { type: 'string' },
    domains: { type: 'string', default: '5' },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
const domains = Number(values.domains);
const burst = Number(values.burst ?? (minutes < 10 ? 2000 : 30_000));
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
