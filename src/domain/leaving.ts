import { DomstartError } from '../model/errors.ts';
import type { JobDefinition } from '../model/job.ts';
import type { RunningDomain } from '../ports/hypervisor.ts';
import type { LiveDomain } from '../ports/live-domains.ts';
import type { RunFolder } from './run-folder.ts';
import type { RunRecord } from './run-record.ts';

type Leaving = Pick<LiveDomain, 'save' | 'migrate'>;

/** How the domain of a run leaves this host, where its hypervisor lets it. */
export function leavingOf(
  domain: RunningDomain,
  run: {
    readonly name: string;
    readonly job: JobDefinition;
    readonly record: RunRecord;
    readonly folder: RunFolder;
    /** Somebody waits for what it hands back. */
    readonly isAwaited: boolean;
  },
): Leaving {
  const { save, migrate } = domain;
  const { name, record, isAwaited } = run;

  function refuseAwaited(what: string): void {
    if (!isAwaited) return;
    throw stays(`${name} cannot be ${what}: it runs a file of a spool, whose result is awaited`, {
      hint: 'take the file out with `domstart spool cancel`, or let it end',
    });
  }

  return {
    ...(save && {
      async save(into, onSaved) {
        refuseAwaited('saved');
        const { saveRun } = await import('./saved-run.ts');
        await saveRun({ ...run, save, into, onSaved });
      },
    }),
    ...(migrate && {
      async migrate(to, onMoved) {
        refuseAwaited('moved');
        if ((record.image.disks ?? []).length > 0) {
          throw stays(`${name} cannot be moved: its disks are on this host, and go when it does`, {
            hint: 'save it, copy the folder to the other host, and restore it there',
          });
        }
        await migrate(to, onMoved);
      },
    }),
  };
}

function stays(why: string, { hint }: { readonly hint: string }): DomstartError {
  return new DomstartError('not-supported', `domain ${why}`, { hint });
}
