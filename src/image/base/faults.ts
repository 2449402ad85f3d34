import { DomstartError, type ErrorCode } from '../../model/errors.ts';
import { saysNoSpace } from './room.ts';

export interface FaultContext {
  /** What could not be done: `make the base bookworm`. */
  readonly what: string;
  readonly suite: string;
  /** The archive of the suite itself. */
  readonly uri: string;
}

interface Fault {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly why: (context: FaultContext, found: string) => string;
  readonly hint: string;
}

const ROOM_HINT =
  'free some space, or set DOMSTART_CACHE and TMPDIR to folders on another disk; `domstart image prune` frees the cache';
/** What the tools say, from the most telling on. */
const FAULTS: readonly Fault[] = [
  {
    pattern: /^(\/\S*) leads out of the image, by a link/m,
    code: 'job-invalid',
    why: (_, found) => `${found} leads out of the image, by a link`,
    hint: 'a link that begins with / is followed on this host when the image is built: make it a relative one',
  },
  {
    pattern: /Version '(.*)' for '(\S+)' was not found/,
    code: 'job-invalid',
    why: ({ suite }, found) => `there is no version ${found} in ${suite}`,
    hint: 'look at `image install`; `apt-cache policy PACKAGE` tells the versions that there are',
  },
  {
    pattern:
      /Unable to locate package (\S+)|Package '?([^\s']+)'? has no installation candidate|Couldn't find these debs: (.*)/,
    code: 'job-invalid',
    why: ({ suite }, found) => `there is no package ${found} in ${suite}`,
    hint: 'look at `image install`; a package may have another name in that suite, or be in another component',
  },
  {
    pattern:
      /NO_PUBKEY|is not signed|signatures? (?:couldn't be|could not be|were invalid)|unknown key|[Kk]eyring .*(?:not available|does not exist|not found)|GPG error/,
    code: 'host-incapable',
    why: ({ uri }) => `the keys of ${uri} are not on this host`,
    hint: 'install the keys of the distribution: `apt-get install debian-archive-keyring`, or ubuntu-archive-keyring (ubuntu-keyring on Ubuntu)',
  },
  {
    pattern:
      /Could not connect|Could not resolve|Connection (?:timed out|failed|refused)|Temporary failure|Unable to connect|Timeout was reached|timed out/,
    code: 'host-incapable',
    why: ({ uri }) => `${uri} does not answer`,
    hint: 'look at the network and at the mirror',
  },
  {
    pattern:
      /does not have a Release file|404 +Not Found|File not found|Failed getting release file/,
    code: 'job-invalid',
    why: ({ suite, uri }) => `there is no suite ${suite} at ${uri}`,
    hint: 'look at the name of the suite, or name a mirror that has it: `image from debootstrap SUITE http://MIRROR/…`',
  },
  {
    pattern:
      /newuidmap|newgidmap|\/etc\/sub[ug]id|user namespaces?|unshare: .*(?:failed|not permitted)/,
    code: 'host-incapable',
    why: () => 'without root it takes user namespaces and subordinate ids',
    hint: '`apt-get install uidmap`, and a line for this user in /etc/subuid and /etc/subgid; or be root',
  },
];

const SHOWN_LINES = 6;

/** The one error for a tool that failed, of what it said. */
export function toolError(context: FaultContext, lines: readonly string[]): DomstartError {
  const full = roomError(context.what, lines);
  if (full !== undefined) return full;
  const text = lines.join('\n');
  for (const { pattern, code, why, hint } of FAULTS) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const found = match.slice(1).filter((group) => group !== undefined);
    return new DomstartError(code, `cannot ${context.what}: ${why(context, found.join(' of '))}`, {
      hint,
      cause: new Error(text),
    });
  }
  return new DomstartError('host-incapable', `cannot ${context.what}:\n${lastLines(lines)}`, {
    cause: new Error(text),
  });
}

/** Undefined where the tool failed for something else. */
export function roomError(what: string, lines: readonly string[]): DomstartError | undefined {
  const text = lines.join('\n');
  if (!saysNoSpace(text)) return undefined;
  return new DomstartError('host-io', `cannot ${what}: no space left`, {
    hint: ROOM_HINT,
    cause: new Error(text),
  });
}

export function lastLines(lines: readonly string[]): string {
  return lines
    .filter((line) => line.trim() !== '' && !line.startsWith('I: '))
    .slice(-SHOWN_LINES)
    .map((line) => `  ${line}`)
    .join('\n');
}

/** Whether an archive did not answer, as opposed to what is wrong with what it said. */
export function isSilence(error: unknown): boolean {
  return error instanceof DomstartError && / does not answer$/.test(error.message);
}
