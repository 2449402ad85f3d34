import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ControlClient, connectToDaemon } from '../daemon/control/client.ts';
import { socketPath } from '../daemon/control/socket-path.ts';
import { runFolder } from '../host/paths.ts';
import { CONTROL_SOCKET, SESSION } from './run-session.ts';

/** What the folder of a `domstart spool` is called first. */
export const SPOOL_SESSION = 'spool';

/**
 * Whoever serves this user's jobs here: the daemon, and every `domstart run` and `domstart spool`. One that
 * does not answer has just ended, or was killed.
 */
export async function reachAll(signal: AbortSignal): Promise<readonly ControlClient[]> {
  const daemon = socketPath({ environment: process.env, uid: process.getuid?.() ?? 0 });
  const places = [daemon, ...sessionSockets(runFolder())].filter((path) => existsSync(path));
  const tried = await Promise.allSettled(places.map((path) => connectToDaemon({ path, signal })));
  return tried.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

function sessionSockets(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${SESSION}-`) || name.startsWith(`${SPOOL_SESSION}-`))
    .map((name) => join(folder, name, CONTROL_SOCKET));
}
