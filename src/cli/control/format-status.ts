import type { InstanceStatus } from '../../daemon/control/protocol.ts';
import type { ProcessName } from '../../model/job.ts';

/** What `initctl status` of Upstart 1.x prints: a line, and one more for each further process. */
export function formatStatus(status: InstanceStatus): string[] {
  const { job, instance, goal, state } = status;
  const head = `${instance === '' ? job : `${job} (${instance})`} ${goal}/${state}`;
  return withProcesses(head, processesOf(status), (process) =>
    ['main', 'pre-start', 'post-stop'].includes(process),
  );
}

/** What that of Upstart 0.3 prints. */
export function formatOldStatus(status: InstanceStatus): string[] {
  return oldLines(`${status.job} ${oldState(status)}`, status);
}

/** Same, below a line that has named the job: its instances have no names there. */
export function formatOldInstance(status: InstanceStatus): string[] {
  return oldLines(`    ${oldState(status)}`, status);
}

interface Running {
  readonly process: ProcessName;
  readonly pid: number;
}

function oldState({ goal, state }: InstanceStatus): string {
  return `(${goal === 'stop' ? 'stop' : 'start'}) ${state}`;
}

/** First comes the process that the state is about; without it, whoever is left is named. */
function oldLines(head: string, status: InstanceStatus): string[] {
  const own = ownProcess(status.state);
  const processes = processesOf(status);
  const first = processes.find(({ process }) => process === own);
  const rest = processes.filter(({ process }) => process !== own);
  const all = first === undefined ? rest : [first, ...rest];
  return withProcesses(head, all, (process) => process === own);
}

function ownProcess(state: InstanceStatus['state']): ProcessName {
  switch (state) {
    case 'pre-start':
    case 'post-start':
    case 'pre-stop':
    case 'post-stop':
      return state;
    default:
      return 'main';
  }
}

/** A domain has no process of this host. */
function processesOf({ processes }: InstanceStatus): readonly Running[] {
  return processes.flatMap(({ process, pid }) => (pid === undefined ? [] : [{ process, pid }]));
}

function withProcesses(
  head: string,
  [first, ...rest]: readonly Running[],
  isExpected: (process: ProcessName) => boolean,
): string[] {
  if (first === undefined) return [head];
  const name = isExpected(first.process) ? '' : `(${first.process}) `;
  return [
    `${head}, ${name}process ${first.pid}`,
    ...rest.map(({ process, pid }) => `\t${process} process ${pid}`),
  ];
}
