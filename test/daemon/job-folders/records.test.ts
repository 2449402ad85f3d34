/**
 * What the real Upstart logged about its job files (UPSTART.md, section 28), and what we make of the
 * same steps. A daemon that writes these lines needs two rules besides the changes themselves:
 *
 * - `class-destroyed JOB` comes with a `load` of the file that defined JOB before, when JOB has no
 *   instances, and with `undefine` where the file was deleted. Upstart loses track of a class whose
 *   override has an error: that one is replaced without a word.
 * - `deleted` has no line of Upstart's.
 */
import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JobChange } from '../../../src/daemon/job-folders/change.ts';
import { createRig, type Rig } from './rig.ts';

interface Step {
  /** As the record has it; absent: the start. */
  readonly step?: string;
  readonly act?: (rig: Rig) => void | Promise<void>;
  readonly log: readonly string[];
}

interface Scenario {
  readonly dialect?: 'event.d';
  readonly jobs: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

const SLEEP = 'exec sleep 1000\n';
const GO = `start on go\n${SLEEP}`;
const twice = (...lines: readonly string[]) => [
  ...lines,
  ...lines.flatMap((line, at) => (at === 0 ? [line, 'class-destroyed j'] : [line])),
];

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'conf-becomes-broken': {
    jobs: { 'j.conf': GO },
    steps: [
      { log: ['load j.conf'] },
      {
        step: 'mv bad.conf jobs/j.conf',
        act: (rig) => rig.moveIn('jobs/j.conf', 'start on go\nexec\n'),
        log: ['load j.conf', 'class-destroyed j', 'log j.conf:2: Expected token'],
      },
    ],
  },
  'conf-broken': {
    jobs: { 'j.conf': `start on go\nrespwan\n${SLEEP}` },
    steps: [
      { log: ['load j.conf', 'log j.conf:2: Unknown stanza'] },
      {
        step: 'mv good.conf jobs/j.conf',
        act: (rig) => rig.moveIn('jobs/j.conf', GO),
        log: ['load j.conf'],
      },
    ],
  },
  'conf-changed-while-stopped': {
    jobs: { 'j.conf': SLEEP },
    steps: [
      { log: ['load j.conf'] },
      {
        step: 'mv new.conf jobs/j.conf',
        act: (rig) => rig.moveIn('jobs/j.conf', 'start on go\ntask\nscript\n  true\nend script\n'),
        log: ['load j.conf', 'class-destroyed j'],
      },
    ],
  },
  'conf-deleted': {
    jobs: { 'j.conf': SLEEP },
    steps: [
      { log: ['load j.conf'] },
      {
        step: 'rm jobs/j.conf',
        act: (rig) => rmSync(join(rig.root, 'jobs/j.conf')),
        log: ['class-destroyed j'],
      },
    ],
  },
  'conf-file-names': {
    jobs: Object.fromEntries(
      ['.conf', '.d.conf', '.hid/i.conf', 'a.conf', 'b.txt', 'c.conf~', 'e.f.conf']
        .concat('g.conf.dpkg-new', 'h')
        .map((name) => [name, SLEEP]),
    ),
    steps: [{ log: ['load .d.conf', 'load a.conf', 'load e.f.conf'] }],
  },
  'conf-hup': {
    jobs: { 'a.conf': SLEEP },
    steps: [
      { log: ['load a.conf'] },
      {
        step: 'signal HUP',
        act: (rig) => rig.folders.reload(),
        log: ['load a.conf', 'class-destroyed a'],
      },
    ],
  },
  'conf-new-file': {
    jobs: { 'a.conf': 'start on go\n' },
    steps: [
      { log: ['load a.conf'] },
      {
        step: 'mv b.conf jobs/b.conf',
        act: (rig) => rig.moveIn('jobs/b.conf', 'start on go\n'),
        log: ['load b.conf'],
      },
    ],
  },
  'conf-reload-keeps-and-state': {
    jobs: { 'j.conf': `start on one and two\n${SLEEP}` },
    steps: [
      { log: ['load j.conf'] },
      {
        step: 'cp jobs/j.conf n.conf; mv n.conf jobs/j.conf',
        act: (rig) => rig.moveIn('jobs/j.conf', `start on one and two\n${SLEEP}`),
        log: ['load j.conf', 'class-destroyed j'],
      },
    ],
  },
  'conf-subdirectory': {
    jobs: { 'sub/one.conf': GO, 'sub/deep/two.conf': `start on started sub/one\n${SLEEP}` },
    steps: [{ log: ['load sub/deep/two.conf', 'load sub/one.conf'] }],
  },
  'override-added-and-removed': {
    jobs: { 'j.conf': GO },
    steps: [
      { log: ['load j.conf'] },
      {
        step: 'echo manual > jobs/j.override.tmp; mv jobs/j.override.tmp jobs/j.override',
        act: (rig) => rig.moveIn('jobs/j.override', 'manual\n'),
        log: ['load j.conf', 'class-destroyed j', 'override j with j.override'],
      },
      {
        step: 'rm jobs/j.override',
        act: (rig) => rmSync(join(rig.root, 'jobs/j.override')),
        log: ['load j.conf', 'class-destroyed j'],
      },
    ],
  },
  'override-manual': {
    jobs: { 'j.conf': GO, 'j.override': 'manual\n' },
    steps: [{ log: twice('load j.conf', 'override j with j.override') }],
  },
  'override-partial-error': {
    jobs: { 'j.conf': GO, 'j.override': 'start on go2\nbogus stanza\n' },
    steps: [
      {
        log: [
          ...['load j.conf', 'override j with j.override', 'log j.override:2: Unknown stanza'],
          ...['load j.conf', 'override j with j.override', 'log j.override:2: Unknown stanza'],
        ],
      },
    ],
  },
  'override-replaces': {
    jobs: { 'j.conf': `${GO}env A=1\n`, 'j.override': 'start on go2\nenv B=2\n' },
    steps: [{ log: twice('load j.conf', 'override j with j.override') }],
  },
  'override-without-conf': {
    jobs: { 'j.override': GO },
    steps: [{ log: [] }],
  },
  'symlink-job': {
    jobs: { 'a.conf': SLEEP, 'real.txt': SLEEP },
    steps: [
      { log: ['load a.conf'] },
      {
        step: 'ln -s real.txt jobs/later.conf',
        act: (rig) => symlinkSync('real.txt', join(rig.root, 'jobs/later.conf')),
        log: [],
      },
      {
        step: 'initctl reload-configuration',
        act: (rig) => rig.folders.reload(),
        log: ['load a.conf', 'class-destroyed a', 'load later.conf'],
      },
    ],
  },
  manual: {
    jobs: { 'off.conf': `${GO}manual\n`, 'on.conf': `manual\n${GO}` },
    steps: [{ log: ['load off.conf', 'load on.conf'] }],
  },
  'e-broken-update': {
    dialect: 'event.d',
    jobs: { j: `service\n${SLEEP}` },
    steps: [
      { log: ['load j'] },
      {
        step: 'mv bad etc/event.d/j',
        act: (rig) => rig.moveIn('jobs/j', 'service\nbogus\n'),
        log: ['load j', 'log j:2: Unknown stanza'],
      },
    ],
  },
  'e-replaced-while-running': {
    dialect: 'event.d',
    jobs: { j: 'service\nexec sleep 1\n' },
    steps: [
      { log: ['load j'] },
      {
        step: 'mv new etc/event.d/j',
        act: (rig) => rig.moveIn('jobs/j', `service\n${SLEEP}`),
        log: ['load j'],
      },
    ],
  },
  'e-file-names': {
    dialect: 'event.d',
    jobs: Object.fromEntries(
      ['.hidden', 'back~', 'CVS/t', 'x.bak', 'sub/dir', 'p.dpkg-new', '.z.swp', 'q.dpkg-old']
        .concat('r.rpmsave', '#y#', 'plain', 'with.conf', 's,v')
        .map((name) => [name, 'exec true\n']),
    ),
    steps: [{ log: ['load plain', 'load r.rpmsave', 'load sub/dir', 'load with.conf'] }],
  },
};

test.each(Object.entries(SCENARIOS))('%s', async (_, { dialect, jobs, steps }) => {
  await using rig = createRig({
    ...(dialect === undefined ? {} : { dialect }),
    onBroken: 'drop',
    overridden: 'twice',
  });
  for (const [file, text] of Object.entries(jobs)) rig.write(`jobs/${file}`, text);
  const logOf = createLog(dialect === 'event.d' ? 'none' : 'told');
  await rig.folders.start();
  for (const { step = 'start', act, log } of steps) {
    await act?.(rig);
    await rig.settle();
    expect([step, ...rig.changes().flatMap(logOf)]).toEqual([step, ...log]);
  }
});

/** The lines of the log, as a daemon whose jobs have no instances writes them. */
function createLog(destroyed: 'told' | 'none'): (change: JobChange) => readonly string[] {
  /** Files by the job that they define. */
  const classes = new Map<string, string>();
  const lost = new Set<string>();
  const destroy = (job: string) =>
    classes.delete(job) && destroyed === 'told' ? [`class-destroyed ${job}`] : [];
  return (change) => {
    switch (change.kind) {
      case 'load':
        lost.delete(change.job);
        return [`load ${change.file}`, ...destroy(change.job)];
      case 'override':
        return [`override ${change.job} with ${change.file}`];
      case 'diagnostics': {
        const error = change.diagnostics.find(({ severity }) => severity === 'error');
        if (error === undefined) return [];
        if (change.effect === 'defined') lost.add(change.job);
        const words = error.message.replace(/:.*/s, '');
        return [`log ${change.file}:${error.span.line}: ${words}`];
      }
      case 'define':
        if (!lost.has(change.job.name)) classes.set(change.job.name, change.job.file ?? '');
        return [];
      case 'undefine':
        return destroy(change.name);
      case 'deleted':
      case 'problem':
        return [];
    }
  };
}
