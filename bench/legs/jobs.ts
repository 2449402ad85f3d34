/** Tasks that each start on the end of the one before; `go` is held until the last is done. */
export function chainOf(tasks: number): Record<string, string> {
  const jobs: Record<string, string> = {};
  for (let at = 0; at < tasks; at += 1) {
    const cause = at === 0 ? 'go' : `stopped JOB=task-${at - 1}`;
    jobs[`task-${at}`] = `start on ${cause}\ntask\nexec true\n`;
  }
  jobs['last'] = `start on go and stopped JOB=task-${tasks - 1}\ntask\nexec true\n`;
  return jobs;
}

/** Tasks that all start on `go`. */
export function crowdOf(tasks: number): Record<string, string> {
  const job = 'start on go\ntask\nexec true\n';
  return Object.fromEntries(Array.from({ length: tasks }, (_, at) => [`task-${at}`, job]));
}
