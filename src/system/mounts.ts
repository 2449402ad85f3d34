import { readFileSync, realpathSync } from 'node:fs';

/**
 * Where something is mounted at `folder` or below it, as a process sees it; what was mounted last comes
 * first, which is the order in which it can be unmounted. Empty where the process is gone.
 */
export function mountsBelow(folder: string, pid: number | 'self' = 'self'): string[] {
  const real = realOf(folder);
  return mountPoints(pid)
    .filter((point) => point === real || point.startsWith(`${real}/`))
    .reverse();
}

function mountPoints(pid: number | 'self'): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/mountinfo`, 'utf8');
    return text.split('\n').flatMap((line) => {
      const point = line.split(' ')[4];
      return point === undefined ? [] : [unescaped(point)];
    });
  } catch {
    return [];
  }
}

/** The kernel writes blanks and backslashes in octal. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

function realOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
