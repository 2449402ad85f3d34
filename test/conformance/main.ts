/**
 * npm run conformance -- [DIR…] [--json] [--at-once N]
 *
 * Plays recorded scenarios on a real domstartd and compares everything: the trace, what jobs wrote,
 * what commands printed and their status. DIR is a scenario or a folder of them; default: all that
 * are here. Ends with `N passed, N failed`; exits with 1 where any failed.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runScenarios, type Verdict } from './run-scenarios.ts';
import { findScenarios } from './scenario.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, 'at-once': { type: 'string' } },
});
const given =
  positionals.length > 0
    ? positionals
    : ['scenarios', 'scenarios-0.3', 'crashers', 'own'].map((name) =>
        join(import.meta.dirname, name),
      );
const atOnce = values['at-once'];
const verdicts = await runScenarios(given.flatMap(findScenarios), {
  ...(atOnce === undefined ? {} : { atOnce: Number(atOnce) }),
  onVerdict: values.json ? (verdict) => console.log(JSON.stringify(verdict)) : tell,
});
const passed = verdicts.filter((verdict) => verdict.passed);
const ours = passed.filter((verdict) => verdict.ours !== undefined);
if (!values.json) {
  for (const { name, ours: why } of ours) console.error(`${name}: otherwise than Upstart: ${why}`);
}
(values.json ? console.error : console.log)(
  `${passed.length} passed, ${verdicts.length - passed.length} failed`,
);
process.exitCode = passed.length === verdicts.length ? 0 : 1;

function tell({ name, about, passed, diff }: Verdict): void {
  if (passed) return;
  console.log([`FAILED ${name}: ${about}`, ...diff, ''].join('\n'));
}
