import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJob } from '../../src/language/parse-job.ts';
import { userFault } from '../../src/process/setup-check.ts';
import { setupFault } from '../../src/process/setup-fault.ts';
import type { Scenario } from './scenario.ts';

/**
 * Why a scenario cannot be played where this is asked: one of its jobs wants to be a user that
 * nobody can be here, which the record says nothing of.
 */
export function whyNoRight({ folder, old, expected }: Scenario): string | undefined {
  const recorded = expected.flatMap(({ lines }) => lines.T);
  if (recorded.some((line) => /unable to set[ug]id:/.test(line))) return undefined;
  const jobs = join(folder, old ? 'event.d' : 'jobs');
  for (const file of readdirSync(jobs, { recursive: true, encoding: 'utf8' })) {
    const text = readText(join(jobs, file));
    if (text === undefined || (!old && !file.endsWith('.conf'))) continue;
    const { job } = parseJob({ text, file, dialect: old ? 'event.d' : 'init' });
    const fault = job && userFault(job);
    // That there is no such user is what the scenario may be about.
    if (job === undefined || fault?.errno === undefined) continue;
    return setupFault({ job, process: 'main', ...fault }).message;
  }
  return undefined;
}

/** Undefined for folders, and for links that lead nowhere. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
