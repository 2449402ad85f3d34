/** The real thing: a daemon on a guest's own folder of jobs, before, while and after. */
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { installGuest, restoreGuest } from '../../../src/guest/install.ts';
import { directoryTree } from '../../../src/tree/directory-tree.ts';
import { daemonRig, stop } from '../../support/daemon.ts';
import { guestOf, guestRig } from '../guest-tree.ts';

/** As of Ubuntu 7.04; what would change this host does nothing. */
const FEISTY: Readonly<Record<string, string>> = {
  rcS: 'start on startup\n\nconsole none\nscript\n\ttrue\nend script\n',
  'rcS-sulogin': 'stop on runlevel\n\nscript\n\ttrue\nend script\n',
  'rc-default': 'start on stopped rcS\n\nscript\n\ttrue\nend script\n',
  rc2: 'start on stopped rc-default\n\nstop on runlevel [!2]\n\nscript\n\ttrue\nend script\n',
  rc0: 'start on runlevel 0\n\nstop on runlevel [!0]\n\nscript\n\ttrue\nend script\n',
  tty1: 'start on stopped rc2\nstart on stopped rc3\n\nstop on runlevel 0\n\nrespawn\nexec sleep 10000\n',
  'control-alt-delete': 'start on control-alt-delete\n\nexec true\n',
  logd: 'start on startup\nstop on runlevel 0\n\nexec sleep 10000\nrespawn\n',
  sulogin: 'stop on runlevel\n\nexec true\n',
};

/** The jobs that a daemon there starts, until one of them comes into that state. */
async function startedOn(folder: string, [last, state]: readonly [string, string]) {
  await using rig = daemonRig();
  const trace = join(rig.folder, 'trace');
  const daemon = await rig.daemon({ confdirs: [folder], args: ['--trace', trace] });
  const states = () =>
    rig
      .read('trace')
      .split('\n')
      .filter((line) => line.endsWith('"msg":"state"}'))
      .map((line) => JSON.parse(line) as { readonly job: string; readonly to: string });
  const reached = expect.objectContaining({ job: last, to: state });
  await vi.waitFor(() => expect(states()).toContainEqual(reached), {
    timeout: 20_000,
    interval: 30,
  });
  const started = states().filter(({ to }) => to === 'starting');
  const { out } = await rig.ask('initctl list');
  await stop(daemon);
  const active = out.split('\n').filter((line) => /\(start\)| start\//.test(line));
  return { started: started.map(({ job }) => job).sort(), active: active.length };
}

test('a guest of 7.04 boots into the one job, and after restoring into its own', async () => {
  using guest = guestRig(FEISTY);
  const folder = join(guest.root, 'etc/event.d');
  const options = { force: false, dryRun: false, signal: new AbortController().signal };
  const own = { started: ['logd', 'rc-default', 'rc2', 'rcS', 'tty1'], active: 2 };
  expect(await startedOn(folder, ['tty1', 'running'])).toEqual(own);
  await installGuest(directoryTree(guest.root), guestOf(), options);
  const alone = { started: ['rc-noklus'], active: 0 };
  expect(await startedOn(folder, ['rc-noklus', 'waiting'])).toEqual(alone);
  await restoreGuest(directoryTree(guest.root), options);
  expect(await startedOn(folder, ['tty1', 'running'])).toEqual(own);
});

/** As of a later Ubuntu, in small. */
const LUCID: Readonly<Record<string, string>> = {
  'mountall.conf': 'start on startup\ntask\nexec true\n',
  'rc-sysinit.conf': 'start on stopped mountall\ntask\nexec true\n',
  'tty1.conf': 'start on stopped rc-sysinit\nrespawn\nexec sleep 10000\n',
  'tty1.override': 'console none\n',
  'ssh.conf': 'start on stopped mountall\nexec sleep 10000\n',
  'ssh.override': 'manual\n',
};

test('so does one with overrides', async () => {
  using guest = guestRig(LUCID, 'etc/init');
  const folder = join(guest.root, 'etc/init');
  const options = { force: false, dryRun: false, signal: new AbortController().signal };
  const own = { started: ['mountall', 'rc-sysinit', 'tty1'], active: 1 };
  expect(await startedOn(folder, ['tty1', 'running'])).toEqual(own);
  const job = guestOf('start on startup\ntask\nexec true\n', { init: 'init' });
  await installGuest(directoryTree(guest.root), job, options);
  const alone = { started: ['rc-noklus'], active: 0 };
  expect(await startedOn(folder, ['rc-noklus', 'waiting'])).toEqual(alone);
  await restoreGuest(directoryTree(guest.root), options);
  expect(await startedOn(folder, ['tty1', 'running'])).toEqual(own);
});
