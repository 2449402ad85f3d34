/** Why a guest is not changed. */
import { DomstartError } from '../../model/errors.ts';
import type { FileTree } from '../../tree/file-tree.ts';
import type { GuestRecord } from './record.ts';

export function noUpstart(job: string): DomstartError {
  return new DomstartError(
    'job-invalid',
    `${job} has \`guest init direct\`, which is compiled into an image at each run`,
    {
      hint: 'for a guest that has Upstart write `guest init event.d` (0.3) or `guest init init` (later)',
    },
  );
}

export function otherFolder({ root }: FileTree, { job, folder }: GuestRecord): DomstartError {
  return new DomstartError('guest-changed', `${root} has the guest ${job} installed in ${folder}`, {
    hint: `first: domstart guest restore ${root}`,
  });
}

export function changedByHand({ root }: FileTree, paths: readonly string[]): DomstartError {
  return new DomstartError(
    'guest-changed',
    `changed by hand in ${root} since it was installed: ${paths.join(', ')}`,
    { hint: 'with --force they are kept beside, as NAME.changed~' },
  );
}

export function originalsGone({ root }: FileTree, paths: readonly string[]): DomstartError {
  return new DomstartError(
    'guest-changed',
    `originals are gone in ${root}: of ${paths.join(', ')}`,
    {
      hint: 'with --force the others are restored, and what is there stays',
    },
  );
}
