import { resolve } from 'node:path';

/** What decides where the control socket is. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Of the user who asks. */
  readonly uid: number;
}

/** Where a client looks for its daemon: inside a job, that is the one that runs the job. */
export function socketPath(surroundings: Surroundings): string {
  const { DOMSTART_SOCKET: told, UPSTART_SESSION: session } = surroundings.environment;
  return (told ? undefined : pathOfSession(session)) ?? ownSocketPath(surroundings);
}

/** Where a daemon listens: a daemon that a job starts must not take the socket of the job's own. */
export function ownSocketPath({ environment, uid }: Surroundings): string {
  const { DOMSTART_SOCKET: told, XDG_RUNTIME_DIR: runtime } = environment;
  if (told) return resolve(told);
  if (uid === 0) return '/run/domstart/control';
  return runtime ? resolve(runtime, 'domstart/control') : `/tmp/domstart-${uid}/control`;
}

/** UPSTART_SESSION for the jobs of a daemon that listens there: an address as D-Bus writes it. */
export function sessionOfPath(path: string): string {
  return `unix:path=${encodeURIComponent(resolve(path))
    .replaceAll('%2F', '/')
    .replace(/[!'()~]/g, escaped)}`;
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16)}`;
}

/** Undefined where it is no such address: that of a real Upstart is an abstract socket. */
function pathOfSession(session: string | undefined): string | undefined {
  const escapedPath = /^unix:path=([^,;]+)/.exec(session ?? '')?.[1];
  if (escapedPath === undefined) return undefined;
  try {
    return decodeURIComponent(escapedPath);
  } catch {
    return undefined;
  }
}
