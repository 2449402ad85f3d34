import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { pidNamespace, startTimeOf } from './proc.ts';

/** What a process of another pid namespace left cannot be judged by its pid, only by age. */
const FOREIGN_AGE_MS = 24 * 3_600_000;

/**
 * A file name that no other has and that tells which process made it, so that what a process left
 * that is gone is recognised without a lock: `NAMESPACE.PID.START.RANDOM`.
 */
export function ownerName(): string {
  const random = randomBytes(4).toString('hex');
  return [pidNamespace(), process.pid, startTimeOf(process.pid), random].join('.');
}

/** Whether the process is gone that gave the file `path` the `name` of an owner, or a name that ends so. */
export function isOwnerGone(path: string, name: string): boolean {
  const [namespace, pid, start] = name.split('.');
  if (namespace === pidNamespace()) return startTimeOf(Number(pid)) !== start;
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > FOREIGN_AGE_MS;
}

/** Undefined of a process that is in another pid namespace. */
export function ownerPid(name: string): number | undefined {
  const [namespace, pid] = name.split('.');
  return namespace === pidNamespace() ? Number(pid) : undefined;
}
