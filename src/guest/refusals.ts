import type { GuestSpec } from '../model/domain.ts';
import { DomstartError } from '../model/errors.ts';
import type { JobDefinition } from '../model/job.ts';

/**
 * What a job may say that the direct init cannot do. Refused, because a job that runs as another
 * user, or is not confined, without a word would be worse. What only matters while a job is
 * stopped, restarted or supervised from outside (`stop on`, `kill timeout`, `normal exit`) has no
 * occasion in a guest that runs one job once, and is let be.
 */
export function refuseUnsupported({ init, job }: GuestSpec): void {
  if (init !== 'direct') {
    const hint =
      'a busybox image has no Upstart: write `guest init direct`; for a guest that has one, ' +
      '`domstart guest install ROOT JOB.conf` does it by hand';
    throw notSupported(job, `guest init ${init}`, hint);
  }
  for (const [stanza, wanted] of Object.entries(unsupported(job))) {
    if (wanted) throw notSupported(job, stanza, `take \`${stanza}\` out of the guest's job`);
  }
}

function unsupported(job: JobDefinition): Record<string, boolean> {
  return {
    'post-start': job.processes['post-start'] !== undefined,
    respawn: job.respawn,
    expect: job.expect !== undefined && job.expect !== 'none',
    daemon: job.daemon === true,
    limit: Object.keys(job.limits).length > 0,
    chroot: job.chroot !== undefined,
    setuid: job.setuid !== undefined,
    setgid: job.setgid !== undefined,
    'apparmor load': job.apparmorLoad !== undefined,
    'apparmor switch': job.apparmorSwitch !== undefined,
    cgroup: job.cgroups.length > 0,
  };
}

function notSupported(job: JobDefinition, stanza: string, hint: string): DomstartError {
  return new DomstartError(
    'not-supported',
    `the guest's job ${job.name} asks for \`${stanza}\`, which the direct init does not do`,
    { hint },
  );
}
