import type { Dialect } from '../model/job.ts';

/** The dialect that a file's place and name suggest. */
export function dialectOf(file: string): Dialect {
  const path = `/${file}`;
  if (path.includes('/event.d/')) return 'event.d';
  if (path.includes('/etc/init/') || path.endsWith('.override')) return 'init';
  return 'domstart';
}
