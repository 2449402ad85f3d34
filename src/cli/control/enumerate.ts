import type { JobConfig } from '../../language/show-config.ts';
import { type Condition, matches } from '../../model/condition.ts';
import { namedJob } from './named-job.ts';

/** The lines of `initctl show-config --enumerate`: one for each event, without and, or. */
export function enumerateConfig({ name, emits, startOn, stopOn }: JobConfig): readonly string[] {
  return [
    name,
    ...emits.map((event) => `  emits ${event}`),
    ...leaves('start on', startOn),
    ...leaves('stop on', stopOn),
  ];
}

function leaves(stanza: string, condition: Condition | undefined): string[] {
  if (condition === undefined) return [];
  return Array.from(matches(condition), (match) => {
    const { job, others } = namedJob(match);
    const env = others.map((text) => ` ${text}`).join('');
    return `  ${stanza} ${match.event} (job:${job === undefined ? '' : ` ${job}`}, env:${env})`;
  });
}
