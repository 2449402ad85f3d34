import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { inspectDaemon } from '../../src/daemon/inspect-daemon.ts';
import type { Finding } from '../../src/host/inspect-host.ts';
import { daemonRig, stop } from '../support/daemon.ts';

const { PATH } = process.env;
afterEach(() => {
  process.env['PATH'] = PATH;
});

async function inspect(socket: string): Promise<Record<string, Finding>> {
  const found: Record<string, Finding> = {};
  for await (const finding of inspectDaemon({ socket, ownSocket: socket })) {
    found[finding.name] = finding;
  }
  return found;
}

test('a daemon that runs, and one that does not', async () => {
  await using rig = daemonRig();
  expect(await inspect(rig.socket)).toMatchObject({
    socket: { ok: true, needed: false, detail: rig.socket },
    daemon: {
      ok: false,
      needed: false,
      detail: `no daemon at ${rig.socket}: there is no such socket`,
      fix: 'domstartd',
    },
  });
  const daemon = await rig.daemon();
  const { daemon: found } = await inspect(rig.socket);
  expect(found?.ok).toBe(true);
  expect(found?.detail).toMatch(new RegExp(` at ${rig.socket}, process ${daemon.child.pid}$`));
  expect((await stop(daemon)).status).toBe(0);
});

test('a place that no daemon could have', async () => {
  await using rig = daemonRig();
  chmodSync(rig.folder, 0o777);
  expect(await inspect(rig.socket)).toMatchObject({
    socket: {
      ok: false,
      detail: `${rig.socket}: ${rig.folder} can be written to by others`,
      fix: 'name another place with --socket or DOMSTART_SOCKET',
    },
  });
  chmodSync(rig.folder, 0o700);
  expect(await inspect(join(rig.folder, 'a/b/control'))).toMatchObject({ socket: { ok: true } });
  expect(existsSync(join(rig.folder, 'a'))).toBe(false);
});

test('tools that are missing are named, with what needs them and their package', async () => {
  await using rig = daemonRig();
  process.env['PATH'] = rig.folder;
  expect(await inspect(rig.socket)).toMatchObject({
    perl: {
      ok: false,
      needed: false,
      detail: 'not here: jobs with `expect fork` and `expect daemon` fail',
      fix: 'apt-get install perl-base',
    },
  });
  process.env['PATH'] = PATH;
  expect(await inspect(rig.socket)).toMatchObject({ prlimit: { ok: true }, setpriv: { ok: true } });
});
