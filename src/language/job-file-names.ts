/** Which names of a folder of jobs Upstart reads (UPSTART.md, sections 2 and 26.1). */

/** Backups and swap files of editors, version control, and what dpkg leaves. */
const LEFTOVER =
  /~$|\.bak$|^#.*#$|\.sw[n-p]$|,v$|^(?:RCS|CVS|CVS\.adm|SCCS|BitKeeper|_darcs|\{arch\})$|\.dpkg-/;

/** Upstart 0.3 takes any file, except those that are hidden or leftovers. */
export function isOldJob(name: string): boolean {
  return isFolderOfJobs(name);
}

/** Later ones take what ends in `.conf` and has a name before it, hidden ones too. */
export function isJob(name: string): boolean {
  return name.length > '.conf'.length && name.endsWith('.conf');
}

/** NAME.override; it counts where NAME.conf is. */
export function isOverride(name: string): boolean {
  return name.length > '.override'.length && name.endsWith('.override');
}

/** Whether the jobs of a sub-folder are read. */
export function isFolderOfJobs(name: string): boolean {
  return !name.startsWith('.') && !LEFTOVER.test(name);
}
