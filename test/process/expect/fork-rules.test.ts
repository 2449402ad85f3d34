import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ProcessSpec } from '../../../src/model/job.ts';
import type { Spawned } from '../../../src/ports/main-process.ts';
import { toolPath } from '../../../src/process/tool-path.ts';
import { exec, type MainRig, mainRig, script } from '../main-rig.ts';
import { HEARS } from './hears.ts';

const START_STOP_DAEMON = '/usr/sbin/start-stop-daemon';

const folder = mkdtempSync(join(tmpdir(), 'domstart-forks-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function follow(
  kind: 'fork' | 'daemon',
  spec: ProcessSpec,
): Promise<{ readonly rig: MainRig; readonly spawned: Spawned }> {
  const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
  const rig = mainRig(spec, { environment, fields: { expect: kind } });
  return { rig, spawned: (await rig.main.spawn()) as Spawned };
}

const mainOf = ({ told }: MainRig) =>
  Number(told.findLast((text) => text.startsWith('fork '))?.slice(5));

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
}

async function end({ rig, spawned }: Awaited<ReturnType<typeof follow>>): Promise<void> {
  rig.main.kill();
  await spawned.ended;
}

/** Ends at once, and leaves a grandchild that executes a program at once. */
const DAEMONS: readonly (readonly [string, ProcessSpec])[] = [
  [
    'whose first process waits for the second',
    exec(`perl -MPOSIX -e 'if (fork) { wait; exit } setsid; exit if fork; exec "sleep", "1000"'`),
  ],
  ['of daemon(3), twice', exec(`perl -e 'exit if fork; exit if fork; exec "sleep", "1000"'`)],
  ['of a shell', script('( sleep 1000 & )\nexit 0\n')],
  ...(existsSync(START_STOP_DAEMON)
    ? ([
        [
          'of start-stop-daemon',
          exec(
            `start-stop-daemon --start --background --pidfile ${folder}/none --exec /bin/sleep -- 1000`,
          ),
        ],
        [
          'of start-stop-daemon in a script',
          script(
            `/bin/true\nstart-stop-daemon --start --background --pidfile ${folder}/none --exec /bin/sleep -- 1000\n/bin/true\n`,
          ),
        ],
      ] as const)
    : []),
];

describe.each([
  ['by the kernel’s events', false],
  ['by looks', true],
] as const)('%s', (_, deaf) => {
  // A look can come too late on a host that has much to do (docs/processes.md): it is no rule then.
  const retry = deaf ? 2 : 0;

  // Another network has no process connector.
  if (deaf && process.getuid?.() === 0) {
    beforeAll(() => {
      const perl = toolPath('perl');
      writeFileSync(join(folder, 'perl'), `#!/bin/sh\nexec unshare -n ${perl} "$@"\n`);
      chmodSync(join(folder, 'perl'), 0o755);
      vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`);
    });
    afterAll(() => {
      vi.unstubAllEnvs();
    });
  }

  test.each(DAEMONS)('expect daemon finds the daemon %s', { retry }, async (_name, spec) => {
    for (let round = 0; round < 10; round += 1) {
      const run = await follow('daemon', spec);
      await run.spawned.expected;
      await expect.poll(() => commandOf(mainOf(run.rig))).toMatch(/sleep 1000$/);
      expect(run.rig.warnings()).toEqual([]);
      await end(run);
    }
  });

  test('expect fork with a daemon that forks twice is told at once', async () => {
    const { rig, spawned } = await follow('fork', DAEMONS[0]?.[1] as ProcessSpec);
    await spawned.ended;
    expect(rig.clock.armed).toBe(0);
    expect(rig.warnings()).toEqual([expect.stringMatching(/killed; .* write "expect daemon"$/)]);
  });

  test('what a shell without vfork runs before is no fork', { retry }, async () => {
    const commands = '/bin/true; /bin/true; /bin/sleep 0.1; echo x | cat >&2;';
    const run = await follow(
      'fork',
      exec(`bash -c '${commands} exec perl -e "exit if fork; exec qw(sleep 1000)"'`),
    );
    await run.spawned.expected;
    await expect.poll(() => commandOf(mainOf(run.rig))).toBe('sleep 1000');
    await end(run);
  });

  test.runIf(HEARS && !deaf)(
    'what a command left behind is no fork while the script goes on',
    async () => {
      const helper = `perl -e 'exit if fork; exit if fork; sleep 1000'`;
      const run = await follow('fork', script(`${helper}\nsleep 0.2\nexec sleep 1000\n`));
      const first = run.spawned.pid as number;
      await expect.poll(() => commandOf(first)).toBe('sleep 1000');
      expect(run.rig.told).toEqual([]);
      await end(run);
    },
  );

  test.runIf(HEARS && !deaf)('an end is known that the parent has taken', async () => {
    const program = 'if (fork) { wait; sleep 1000 } select undef, undef, undef, 0.2; exit 7';
    const { spawned } = await follow('fork', exec(`perl -e '${program}'`));
    await spawned.expected;
    expect(await spawned.ended).toEqual({ kind: 'exited', status: 7 });
  });
});
