/** What the jobs of a leg do with their output. */
export type Output = 'none' | 'log';

/** Tasks that each start on the end of the one before; `go` is held until the last is done. */
export function chainOf(tasks: number, output: Output): Record<string, string> {
  const jobs: Record<string, string> = {};
  const body = `task\nconsole ${output}\nexec true\n`;
  for (let at = 0; at < tasks; at += 1) {
    const cause = at === 0 ? 'go' : `stopped JOB=task-${at - 1}`;
    jobs[`task-${at}`] = `start on ${cause}\n${body}`;
  }
  jobs['last'] = `start on go and stopped JOB=task-${tasks - 1}\n${body}`;
  return jobs;
}

/** Tasks that all start on `go`. */
export function crowdOf(tasks: number, output: Output): Record<string, string> {
  const job = `start on go\ntask\nconsole ${output}\nexec true\n`;
  return Object.fromEntries(Array.from({ length: tasks }, (_, at) => [`task-${at}`, job]));
}
