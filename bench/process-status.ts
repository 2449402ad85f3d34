import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Resident memory in MB. */
export function memoryOf(pid: number): number {
  return field(status(`/proc/${pid}`), 'VmRSS') / 1024;
}

/** The most that it ever had, in MB. */
export function peakOf(pid: number): number {
  return field(status(`/proc/${pid}`), 'VmHWM') / 1024;
}

/** How often its threads were woken up until now. */
export function wakeUpsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((thread) => field(status(`/proc/${pid}/task/${thread}`), 'voluntary_ctxt_switches'))
    .reduce((sum, count) => sum + count, 0);
}

/** In milliseconds. */
export function processorTimeOf(pid: number): number {
  const [user = 0, system = 0] = statOf(pid).slice(11, 13).map(Number);
  return (user + system) * 10;
}

/** Spare pipes for the output of jobs are told apart: the daemon keeps up to 128 of them. */
export function descriptorsOf(pid: number): { readonly pipes: number; readonly others: number } {
  const folder = `/proc/${pid}/fd`;
  const all = readdirSync(folder).map((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`);
    } catch {
      return '';
    }
  });
  const pipes = all.filter((target) => target.includes('/domstart-pipes-')).length;
  return { pipes, others: all.length - pipes };
}

/** Those that ended and were not waited for as well. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number),
  );
}

/** Fields behind the name of the program, which may hold anything. */
function statOf(pid: number): readonly string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function status(folder: string): string {
  return readFileSync(`${folder}/status`, 'utf8');
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]);
}
