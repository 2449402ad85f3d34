import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Finding } from '../host/inspect-host.ts';
import { messageOf } from '../model/errors.ts';
import { toolPath } from '../process/tool-path.ts';
import { faultOfFolder } from '../system/private-folder.ts';
import { connectToDaemon } from './control/client.ts';

export interface InspectDaemonOptions {
  /** Where a client looks for its daemon. */
  readonly socket: string;
  /** Where a daemon of this user would listen. */
  readonly ownSocket: string;
}

/** A daemon that is stopped has so long to answer, in milliseconds. */
const PATIENCE_MS = 2000;

/** What this host has for the daemon and the processes of its jobs. Changes nothing. */
export async function* inspectDaemon({
  socket,
  ownSocket,
}: InspectDaemonOptions): AsyncGenerator<Finding> {
  yield inspectTool('perl', '`expect fork` and `expect daemon`', 'perl-base');
  yield inspectTool('prlimit', '`limit`', 'util-linux');
  yield inspectTool('setpriv', '`setuid` and `setgid`', 'util-linux');
  yield await inspectPlace(ownSocket);
  yield await inspectRunning(socket);
}

function inspectTool(name: string, stanzas: string, pack: string): Finding {
  try {
    return { name, ok: true, needed: false, detail: `${toolPath(name)}, for ${stanzas}` };
  } catch {
    const detail = `not here: jobs with ${stanzas} fail`;
    return { name, ok: false, needed: false, detail, fix: `apt-get install ${pack}` };
  }
}

async function inspectPlace(socket: string): Promise<Finding> {
  const name = 'socket';
  const fault = await faultOfPlace(dirname(socket));
  if (fault === undefined) return { name, ok: true, needed: false, detail: socket };
  const fix = 'name another place with --socket or DOMSTART_SOCKET';
  return { name, ok: false, needed: false, detail: `${socket}: ${fault}`, fix };
}

async function faultOfPlace(folder: string): Promise<string | undefined> {
  if (existsSync(folder)) {
    const fault = await faultOfFolder(folder);
    return fault === undefined ? undefined : `${folder} ${fault}`;
  }
  let above = folder;
  while (!existsSync(above)) above = dirname(above);
  try {
    accessSync(above, constants.W_OK | constants.X_OK);
    return undefined;
  } catch {
    return `cannot write to ${above}`;
  }
}

async function inspectRunning(socket: string): Promise<Finding> {
  const name = 'daemon';
  try {
    using client = await connectToDaemon({ path: socket, patience: PATIENCE_MS });
    const { domstart, pid } = client.greeting;
    const detail = `${domstart} at ${socket}, process ${pid}`;
    return { name, ok: true, needed: false, detail };
  } catch (error) {
    return { name, ok: false, needed: false, detail: messageOf(error), fix: 'domstartd' };
  }
}
