import type { Report } from './figure.ts';
import { inTurn } from './measure.ts';

/** How long the command line takes to say something: against a bare Node that does nothing. */
export async function start(runs: number): Promise<Report> {
  const times = await inTurn(
    {
      'node -e 0': [process.execPath, '-e', '0'],
      'domstart --version': ['./bin/domstart', '--version'],
      'domstart check FILE': ['./bin/domstart', 'check', 'jobs/rc-noklus.conf'],
    },
    runs,
  );
  return {
    figures: Object.entries(times).map(([name, values]) => ({ name, unit: 'ms', values })),
  };
}
