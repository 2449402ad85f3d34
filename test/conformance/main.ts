/**
 * `npm run conformance -- --help` tells what it does. When a signal ends it, it ends what it has
 * started, removes its folders, and dies of that signal.
 */
import { HELP, parseCall, UsageError } from './call.ts';
import { runScenarios, type Verdict } from './run-scenarios.ts';
import { summaryOf } from './summary.ts';

const USAGE = 64;
const ENDING = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`conformance: ${error instanceof Error ? error.message : String(error)}`);
  return error instanceof UsageError ? USAGE : 1;
});

async function main(argv: readonly string[]): Promise<number> {
  const call = parseCall(argv, whereCalled());
  if (call.kind === 'help') {
    console.log(HELP);
    return 0;
  }
  const { folders, atOnce, json } = call;
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => stop.abort(signal);
  for (const signal of ENDING) process.on(signal, onSignal);
  const verdicts = await runScenarios(folders, {
    atOnce,
    signal: stop.signal,
    onVerdict: json ? (verdict) => console.log(JSON.stringify(verdict)) : tell,
  });
  for (const signal of ENDING) process.off(signal, onSignal);
  if (!json) tellOurs(verdicts);
  (json ? console.error : console.log)(summaryOf(verdicts, { of: folders.length }));
  if (stop.signal.aborted) process.kill(process.pid, stop.signal.reason as NodeJS.Signals);
  return verdicts.every(({ passed, skipped }) => passed || skipped !== undefined) ? 0 : 1;
}

/** npm runs its scripts in the repository, wherever it was called. */
function whereCalled(): string {
  const { npm_lifecycle_event: script, INIT_CWD: caller } = process.env;
  return script === 'conformance' && caller ? caller : process.cwd();
}

function tell({ name, about, passed, skipped, diff }: Verdict): void {
  if (skipped !== undefined) console.log(`skipped ${name}: ${skipped}`);
  else if (!passed) console.log([`FAILED ${name}${about && `: ${about}`}`, ...diff, ''].join('\n'));
}

function tellOurs(verdicts: readonly Verdict[]): void {
  for (const { name, passed, ours } of verdicts) {
    if (passed && ours !== undefined) console.error(`${name}: otherwise than Upstart: ${ours}`);
  }
}
