import type { JobDefinition } from '../model/job.ts';
import type { RunContext } from '../ports/main-process.ts';

/** Says once for each job, before its first process, which of its stanzas have no effect here. */
export type NoteIneffective = (context: RunContext) => void;

export function createIneffectiveNotes(): NoteIneffective {
  const noted = new WeakSet<JobDefinition>();
  return ({ job, report }) => {
    if (noted.has(job)) return;
    noted.add(job);
    for (const text of notesOf(job)) report.warn(text);
  };
}

/** The job runs without them, as it does under an Upstart that was built without. */
function notesOf(job: JobDefinition): string[] {
  const notes: string[] = [];
  const { apparmorLoad, apparmorSwitch, cgroups, daemon } = job;
  if (apparmorLoad !== undefined) {
    notes.push(`"apparmor load ${apparmorLoad}" has no effect: no profile is loaded`);
  }
  if (apparmorSwitch !== undefined) {
    notes.push(`"apparmor switch ${apparmorSwitch}" has no effect: it runs unconfined`);
  }
  for (const words of cgroups) {
    notes.push(`"cgroup ${words.join(' ')}" has no effect: it stays in the group of Domstart`);
  }
  if (daemon === true) {
    notes.push(
      '"daemon" keeps it in spawned for ever, as in Upstart 0.3, which never finds its pid',
    );
  }
  return notes;
}
