import { DomstartError } from '../../model/errors.ts';
import type { AnswerView, Outlet } from './answer-view.ts';
import { type CheckedJob, checkConfig, formatProblems } from './check-config.ts';
import { enumerateConfig } from './enumerate.ts';
import type { Call } from './parse-call.ts';

/** `show-config --enumerate`. */
export function createEnumerateView({ print }: Outlet): AnswerView {
  return {
    show(item) {
      if (item.kind !== 'config') return;
      for (const line of enumerateConfig({ ...item, name: item.job })) print(line);
    },
    end: async () => false,
  };
}

/** `check-config`: nothing can be said before all jobs are known. */
export function createCheckView(call: Call, outlet: Outlet): AnswerView {
  const jobs: CheckedJob[] = [];
  return {
    show(item) {
      if (item.kind === 'config') jobs.push(item);
    },
    async end() {
      const [job] = call.words;
      if (job !== undefined && !jobs.some((one) => one.job === job)) {
        throw new DomstartError('job-unknown', `Invalid job class: ${job}`);
      }
      const lists = call.values.get('ignore-events') ?? [];
      const ignored = new Set(lists.flatMap((list) => list.split(',')));
      const all = checkConfig(jobs, { ignored, warn: call.flags.has('warn') });
      const problems = job === undefined ? all : all.filter((problem) => problem.job === job);
      const lines = call.flags.has('json')
        ? problems.map((problem) => JSON.stringify(problem))
        : formatProblems(problems);
      for (const line of lines) outlet.print(line);
      return problems.length > 0;
    },
  };
}
