/** What went wrong is told by codes of their own, which scripts can tell apart. */
import { expect, test } from 'vitest';
import { daemonRig, stop } from '../support/daemon.ts';

test('each failure of a command has its own code', async () => {
  await using rig = daemonRig();
  rig.file('jobs/web.conf', 'exec sleep 1000\n');
  rig.file('jobs/bad.conf', 'start on go\ntask\nexec false\n');
  const daemon = await rig.daemon();
  expect(await rig.ask('domstart start web')).toMatchObject({ status: 0 });
  const failures = {
    'start web': ['job-unchanged', 'Job is already running: web'],
    'stop bad': ['job-unchanged', 'Unknown instance: '],
    'start bad': ['job-failed', 'Job failed to start'],
    'emit go': ['event-failed', 'Event failed'],
    'start nix': ['job-unknown', 'Unknown job: nix'],
    'set-env =x': ['job-invalid', 'Variable name may not be empty string: "=x"'],
    'get-env NIX': ['variable-missing', 'No such variable: NIX'],
  };
  for (const [command, [code, message]] of Object.entries(failures)) {
    const { out, status } = await rig.ask(`domstart ${command} --json`);
    expect({ command, status, ...JSON.parse(out) }).toMatchObject({
      command,
      status: 1,
      error: { code, message },
    });
  }
  // Nothing of what was refused has been kept.
  expect((await rig.ask('domstart list-env')).out).not.toContain('=x');
  expect(await stop(daemon)).toMatchObject({ status: 0 });
});
