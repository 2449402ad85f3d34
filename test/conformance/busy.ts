import { readdirSync, readFileSync } from 'node:fs';

/** So many looks in a row without rest: it works, or cannot get to work. */
const HUNGRY_LOOKS = 3;

/**
 * Looks at all processes; the answer tells whether one of them is at work: those called with `word`
 * at any moment, others when they were at it for some looks in a row, as what looks again and again
 * whether a file is there is not. On a machine with a lot to do that shows who waits for his turn.
 */
export function createBusyWatch(word: string): () => boolean {
  let looks = new Map<number, number>();
  return () => {
    const before = looks;
    looks = new Map();
    for (const { pid, state } of readProcesses()) {
      if (isBusyState(state) && pid !== process.pid) looks.set(pid, (before.get(pid) ?? 0) + 1);
    }
    return Array.from(looks).some(
      ([pid, count]) => count >= HUNGRY_LOOKS || wordsOf(pid).includes(word),
    );
  };
}

function wordsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/**
 * Whether a process or any that descends from it wants the processor or the disk. On a machine with
 * a lot to do, that it has not got it yet is no sign of waiting.
 */
export function isFamilyBusy(pid: number): boolean {
  const children = new Map<number, number[]>();
  for (const { pid: child, parent } of readProcesses()) {
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const family = [pid];
  for (const member of family) family.push(...(children.get(member) ?? []));
  return family.some(wantsToRun);
}

function readProcesses() {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((name) => {
      const [state, parent] = statOf(`/proc/${name}/stat`) ?? [];
      return parent === undefined ? [] : [{ pid: Number(name), state, parent: Number(parent) }];
    });
}

/** A thread that waits for another of its process is not all of it. */
function wantsToRun(pid: number): boolean {
  return namesIn(`/proc/${pid}/task`).some((thread) => {
    return isBusyState(statOf(`/proc/${pid}/task/${thread}/stat`)?.[0]);
  });
}

function isBusyState(state: string | undefined): boolean {
  return state === 'R' || state === 'D';
}

/** What follows the name, which may hold anything: the state, the parent, and so on. */
function statOf(file: string): string[] | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    // It has ended.
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
