/**
 * The process groups that this Node process started and that still run. Where it ends without
 * having stopped them (a defect, `process.exit`), they are killed on its way out. This is the one
 * thing here that belongs to the process and not to an engine, as its exit does. Nothing helps
 * against kill -9: `setpriv --pdeathsig` would, but costs every spawn a second exec (two thirds
 * more) and only reaches the first process of a job.
 */
const living = new Set<number>();

export function addGroup(pid: number): void {
  if (living.size === 0) process.on('exit', killAll);
  living.add(pid);
}

export function removeGroup(pid: number): void {
  living.delete(pid);
  if (living.size === 0) process.off('exit', killAll);
}

/**
 * To a whole group; signal 0 sends nothing. To the process alone where it has not begun its group
 * yet, as one that takes a terminal.
 */
export function signalGroup(pid: number, signal: NodeJS.Signals | number): void {
  if (!send(-pid, signal)) send(pid, signal);
}

export function signalProcess(pid: number, signal: NodeJS.Signals | number): void {
  send(pid, signal);
}

function send(pid: number, signal: NodeJS.Signals | number): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    // It is gone, or has become another user's.
    return false;
  }
}

function killAll(): void {
  for (const pid of living) signalGroup(pid, 'SIGKILL');
}
