/** Runs a program in a throwaway domain from code: `npm run build`, then `node examples/embed.ts`. */
import { createEngine, loadJobs } from 'domstart';

const signal = AbortSignal.timeout(120_000);
await using engine = createEngine({ jobs: await loadJobs('jobs/rc-noklus.conf', { signal }) });

const run = await engine.start('rc-noklus', { variables: { FILE: 'load.sh' }, signal });
for await (const line of run.console) console.log(line);

const result = await run.result;
console.log(`exit status ${result.status}, ${result.facts['memoryUsed']} KiB in use in the guest`);
