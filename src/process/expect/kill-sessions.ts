import { readdirSync, readFileSync } from 'node:fs';

/** Kills every process whose group or session one of these processes began. */
export function killSessions(leaders: ReadonlySet<number>): void {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const [, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (leaders.has(Number(group)) || leaders.has(Number(session))) {
        process.kill(Number(name), 'SIGKILL');
      }
    } catch {
      // It is gone, or not ours.
    }
  }
}
