import type { DomainSpec } from '../model/domain.ts';
import { DomstartError } from '../model/errors.ts';
import type { GuestRoot } from '../model/guest-files.ts';
import { compileDirect } from './direct.ts';
import { JOB_FOLDERS, jobPath } from './upstart/layout.ts';
import { printGuestJob, waitsInVain } from './upstart/print-guest-job.ts';

interface GuestFile {
  readonly path: string;
  readonly mode: number;
  readonly content: string;
}

export interface ShownGuest {
  readonly files: readonly GuestFile[];
  readonly notes: readonly string[];
}

/** Stands where each run has its own. */
const TOKEN = 'TOKEN';

/** The files that a guest's job becomes, whatever guest it is. Throws a DomstartError. */
export function showGuest({ guest, image }: DomainSpec): ShownGuest {
  if (guest === undefined) {
    throw new DomstartError('job-invalid', 'the job has no guest', {
      hint: 'write `guest NAME … end guest`',
    });
  }
  const { init, job } = guest;
  if (init === 'direct') {
    const { interfaces, source } = image;
    const root: GuestRoot =
      source.kind === 'busybox' ? { kind: 'memory' } : { kind: 'disk', mounts: false };
    const request = { guest, root, token: TOKEN, interfaces, modules: [] };
    const { initramfs, inside } = compileDirect({ ...request, environment: new Map() });
    const files = [...initramfs, ...inside].flatMap((entry) =>
      entry.kind === 'file'
        ? [{ path: entry.path, mode: entry.mode, content: entry.content.toString() }]
        : [],
    );
    return { files, notes: [] };
  }
  const path = jobPath(JOB_FOLDERS[init], init, job.name);
  const vain = waitsInVain(job, init);
  return {
    files: [{ path, mode: 0o644, content: printGuestJob(guest) }],
    notes: vain === undefined ? [] : [vain],
  };
}
