import { readdirSync, readFileSync } from 'node:fs';

/** Whether any process that was called with this among its words wants the processor or the disk. */
export function isAnyBusy(word: string): boolean {
  return readProcesses().some(({ pid }) => wordsOf(pid).includes(word) && wantsToRun(pid));
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
export function isBusy(pid: number): boolean {
  const children = new Map<number, number[]>();
  for (const { pid: child, parent } of readProcesses()) {
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const family = [pid];
  for (const member of family) family.push(...(children.get(member) ?? []));
  return family.some(wantsToRun);
}

function readProcesses(): { readonly pid: number; readonly parent: number }[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((name) => {
      const parent = statOf(`/proc/${name}/stat`)?.[1];
      return parent === undefined ? [] : [{ pid: Number(name), parent: Number(parent) }];
    });
}

/** A thread that waits for another of its process is not all of it. */
function wantsToRun(pid: number): boolean {
  return namesIn(`/proc/${pid}/task`).some((thread) => {
    const state = statOf(`/proc/${pid}/task/${thread}/stat`)?.[0];
    return state === 'R' || state === 'D';
  });
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
