import { startTimeOf } from '../system/proc.ts';
import { bootAndNamespace } from '../system/process-list.ts';

/** Names this process among all that ever write to a journal. */
export function ownWriter(): string {
  return `${bootAndNamespace()} ${process.pid} ${startTimeOf(process.pid) ?? 0}`;
}

/**
 * Whether such a process is still there. One of another container cannot be seen, and counts as gone:
 * where it is not, the end of its run says so.
 */
export function isThere(writer: string): boolean {
  const [where, pid, start] = writer.split(' ');
  return where === bootAndNamespace() && start === startTimeOf(Number(pid));
}
