import { notInXenConfig, toXenConfig } from '../language/xen/to-config.ts';
import { DomstartError } from '../model/errors.ts';
import { describeProblem } from '../model/expand.ts';
import { expandDomain } from '../model/expand-domain.ts';
import { loadDomainJob } from './domain-job.ts';
import { EXIT } from './exit-codes.ts';
import { print } from './output.ts';

/** `domstart export xen JOB [KEY=VALUE…]`: prints the xl.cfg of the job's domain. */
export async function exportXen(path: string, words: readonly string[]): Promise<number> {
  const { job, domain, environment } = await loadDomainJob(path, words);
  const expansion = expandDomain(domain, environment);
  if (!expansion.ok) throw missingVariable(path, expansion);
  const rest = notInXenConfig(domain).map((words) => `\`${words}\``);
  const comments = [`The domain of ${job.name}, without ${rest.join(', ')}.`];
  print(toXenConfig(expansion.domain, { name: job.name, comments }).trimEnd());
  return EXIT.ok;
}

function missingVariable(
  path: string,
  { stanza, problem }: Extract<ReturnType<typeof expandDomain>, { ok: false }>,
): DomstartError {
  return new DomstartError(
    'variable-missing',
    `${path}: \`${stanza}\`: ${describeProblem(problem)}`,
    {
      hint:
        problem.kind === 'unknown-parameter'
          ? `give it: domstart export xen ${path} ${problem.name}=VALUE`
          : 'write $NAME, or in braces behind the dollar sign NAME or NAME:-default',
    },
  );
}
