import type { ErrorCode } from '../model/errors.ts';

/**
 * Exit statuses of the command line. `domstart run` exits with the guest job's own status; what is
 * not the guest's doing has a status from sysexits(3), timeout(1) or the shell's custom. A guest may
 * of course exit with such a number itself: `--json` tells them apart: what is not the
 * guest's doing has an `error`.
 */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 64,
  jobInvalid: 65,
  inputMissing: 66,
  hostIncapable: 69,
  internal: 70,
  hostIo: 74,
  deadlinePassed: 124,
  bootFailed: 125,
  guestFailed: 126,
  hungUp: 129,
  interrupted: 130,
  readerGone: 141,
  terminated: 143,
} as const;

const BY_ERROR: Record<ErrorCode, number> = {
  'job-file-missing': EXIT.inputMissing,
  'job-invalid': EXIT.jobInvalid,
  'job-unknown': EXIT.usage,
  'domain-unknown': EXIT.usage,
  'run-unknown': EXIT.usage,
  'file-unknown': EXIT.usage,
  'job-unchanged': EXIT.usage,
  'job-failed': EXIT.failed,
  'event-failed': EXIT.failed,
  'variable-missing': EXIT.usage,
  'file-missing': EXIT.inputMissing,
  'archive-invalid': EXIT.jobInvalid,
  'base-missing': EXIT.hostIncapable,
  'host-incapable': EXIT.hostIncapable,
  'boot-failed': EXIT.bootFailed,
  'domain-lost': EXIT.bootFailed,
  'guest-failed': EXIT.guestFailed,
  'deadline-passed': EXIT.deadlinePassed,
  'host-io': EXIT.hostIo,
  'no-room': EXIT.hostIo,
  'journal-failed': EXIT.hostIo,
  'expect-unmet': EXIT.failed,
  'event-loop': EXIT.failed,
  'guest-changed': EXIT.failed,
  'daemon-unreachable': EXIT.hostIncapable,
  'daemon-running': EXIT.hostIncapable,
  'protocol-broken': EXIT.internal,
  cancelled: EXIT.interrupted,
  'not-supported': EXIT.hostIncapable,
  internal: EXIT.internal,
};

export function exitStatusOf(code: ErrorCode): number {
  return BY_ERROR[code];
}

/** The table of `--help`. */
export const EXIT_HELP = `Exit status:
  the job's own (128 + N when signal N killed it), or, when it was not the job's doing:
   64  wrong usage, a variable missing, or no job that an event starts
   65  a job file or a tar has errors       66  a file or folder is missing
   69  the host lacks something (domstart setup, domstart doctor)
   70  a defect of Domstart                 74  no space, or the host's disk failed
  124  timeout passed                      125  the domain did not boot, or the host ended it
  126  the guest's kernel panicked, or a console fail pattern was seen
  129, 130, 143  hung up, interrupted (Ctrl-C), terminated
  141  nobody reads its output any more`;
