import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type DaemonRig, daemonRig, stop } from '../support/daemon.ts';
import { processesNaming, type Started } from '../support/domstart.ts';

const jobs = resolve(import.meta.dirname, '../../jobs');

/** A daemon with the job of the report, which waits for its event. */
async function withReport(rig: DaemonRig): Promise<Started> {
  copyFileSync(join(jobs, 'rc-noklus.conf'), join(rig.folder, 'jobs/rc-noklus.conf'));
  return rig.daemon({ args: ['--no-startup-event', '--log-priority', 'info'] });
}

const runsOf = (rig: DaemonRig) => {
  try {
    return readdirSync(join(rig.folder, 'runs'));
  } catch {
    return [];
  }
};

test('an event starts a domain; its console is followed, and kept in the log', async () => {
  await using rig = daemonRig();
  copyFileSync(join(jobs, 'load.sh'), join(rig.folder, 'mine.sh'));
  const daemon = await withReport(rig);
  const mine = join(rig.folder, 'mine.sh');
  const follower = rig.start(['domstart', 'console', 'rc-noklus', mine, '--follow']);
  expect(await rig.ask(['initctl', 'emit', 'run-program', `FILE=${mine}`])).toEqual({
    out: '',
    err: '',
    status: 0,
  });
  await follower.said('rc-noklus 2');
  await follower.said('reboot: Power down');
  expect(await rig.ask('initctl list')).toMatchObject({ out: 'rc-noklus stop/waiting\n' });
  expect(runsOf(rig)).toEqual([]);
  const { status, err } = await stop(daemon);
  expect(status).toBe(0);
  expect(err).toMatch(/Handling domain-exited JOB=rc-noklus .* EXIT_STATUS=0 event/);
  expect(err).toContain('Handling guest-step STEP=2 event');
  const { stdout } = await follower.finished;
  const [log = ''] = readdirSync(join(rig.folder, 'log'));
  expect(log).toMatch(/^rc-noklus-.*mine\.sh\.log$/);
  // The log has no marks of the guest's init; who follows sees what it has.
  const text = readFileSync(join(rig.folder, 'log', log), 'utf8');
  expect(text.split('\n').slice(0, 2)).toEqual(['rc-noklus 1', expect.stringMatching(/^PING /)]);
  expect(text).not.toContain('domstart:');
  expect(stdout).toBe(text);
  const shown = await rig.ask(['domstart', 'show', mine]);
  expect(shown).toMatchObject({ err: '', status: 0 });
  for (const phase of ['image', 'create', 'boot', 'guest', 'teardown']) {
    expect(shown.out).toMatch(new RegExp(`^  ${phase} .*[▏▎▍▌▋▊▉█]`, 'm'));
  }
  expect(shown.out).toContain('of memory in use in the guest');
  expect(shown.out).toMatch(/^ +\+\S+ m?s {2}domain-exited JOB=rc-noklus /m);
});

test('SIGTERM of the daemon stops a domain in order', async () => {
  await using rig = daemonRig();
  const mine = rig.file('mine.sh', '#!/bin/sh\necho up\nsleep 1000\n');
  const daemon = await withReport(rig);
  const emit = rig.start(['initctl', 'emit', 'run-program', `FILE=${mine}`]);
  await daemon.said('Handling guest-step STEP=1 event');
  const { status, err } = await stop(daemon);
  expect(status).toBe(0);
  expect(err).toContain('Handling domain-exited JOB=rc-noklus');
  // A task that is told to stop has not failed; who waits for it hears so before the daemon goes.
  expect((await emit.finished).status).toBe(0);
  expect(runsOf(rig)).toEqual([]);
  expect(processesNaming(join(rig.folder, 'runs'))).toEqual([]);
});

test('a domain of a daemon that was killed is gone before the next one serves', async () => {
  await using rig = daemonRig();
  const mine = rig.file('mine.sh', '#!/bin/sh\nsleep 1000\n');
  const dead = await withReport(rig);
  expect((await rig.ask(['initctl', 'emit', '-n', 'run-program', `FILE=${mine}`])).status).toBe(0);
  await dead.said('Handling domain-ready');
  expect(runsOf(rig)).toHaveLength(1);
  expect(processesNaming(join(rig.folder, 'runs'))).toHaveLength(1);
  await stop(dead, 'SIGKILL');
  const next = await withReport(rig);
  expect(runsOf(rig)).toEqual([]);
  expect(processesNaming(join(rig.folder, 'runs'))).toEqual([]);
  await vi.waitFor(
    async () => expect((await rig.ask('initctl list')).out).toBe('rc-noklus stop/waiting\n'),
    20_000,
  );
  expect((await stop(next)).status).toBe(0);
});

test('its domains are listed, paused, go on and are ended by their names', async () => {
  await using rig = daemonRig();
  const mine = rig.file('mine.sh', '#!/bin/sh\nwhile :; do echo tick; sleep 0.05; done\n');
  const daemon = await withReport(rig);
  expect(await rig.ask('domstart domain list')).toEqual({
    out: '',
    err: 'no domains\n',
    status: 0,
  });
  const emit = rig.start(['initctl', 'emit', 'run-program', `FILE=${mine}`]);
  await daemon.said('Handling guest-step STEP=1 event');
  const { out } = await rig.ask('domstart domain list');
  expect(out).toMatch(/^NAME +JOB +STATE +SINCE \(UTC\) +HYPERVISOR +RUN\n/);
  expect(out).toMatch(
    /^rc-noklus +rc-noklus \(\S+mine\.sh\) +running .* qemu \w+, \w+ +rc-noklus-/m,
  );
  const paused = JSON.parse((await rig.ask('domstart domain pause rc-noklus --json')).out);
  expect(paused).toMatchObject({ name: 'rc-noklus', job: 'rc-noklus', state: 'paused' });
  expect((await rig.ask('domstart domain list --json')).out).toContain('"state":"paused"');
  const resumed = JSON.parse((await rig.ask(`domstart domain unpause ${paused.id} --json`)).out);
  expect(resumed).toEqual({ ...paused, state: 'running' });
  expect(await rig.ask('domstart domain destroy nobody')).toEqual({
    out: '',
    err: 'domstart: no domain nobody runs\n  hint: `domstart domain list` shows those that do\n',
    status: 64,
  });
  expect((await rig.ask('domstart domain pause rc-noklus')).status).toBe(0);
  expect((await rig.ask('domstart domain shutdown rc-noklus')).status).toBe(0);
  await daemon.said('Handling domain-exited JOB=rc-noklus');
  await emit.finished;
  expect((await rig.ask('domstart domain list --json')).out).toBe('');
  expect((await stop(daemon)).status).toBe(0);
  expect(await rig.ask('domstart domain list')).toMatchObject({
    err: 'no domains: neither a daemon nor a run is there\n',
    status: 0,
  });
  const elsewhere = `domstart domain list --socket ${rig.folder}/nobody`;
  expect((await rig.ask(elsewhere)).status).toBe(69);
});
