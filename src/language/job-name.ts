import type { Dialect } from '../model/job.ts';

/**
 * The name that Upstart gives to the job of a file: its path inside the folder of jobs, in event.d
 * the whole of it, otherwise without the last extension (UPSTART.md, section 2).
 */
export function jobNameOf(file: string, dialect: Dialect): string {
  const folder = dialect === 'event.d' ? '/event.d/' : '/etc/init/';
  const at = `/${file}`.lastIndexOf(folder);
  const path = at < 0 ? file.slice(file.lastIndexOf('/') + 1) : file.slice(at + folder.length - 1);
  if (dialect === 'event.d') return path;
  const dot = path.lastIndexOf('.');
  return dot > path.lastIndexOf('/') + 1 ? path.slice(0, dot) : path;
}
