import { expect, test } from 'vitest';
import type { JobDefinition } from '../../src/model/job.ts';
import { refuseAttributes, wrap } from '../../src/process/attributes.ts';
import { jobOf } from '../support/job.ts';

const host = {
  nice: 0,
  groupOfUser: () => 65534,
  groupNumber: () => 60,
  hasFolder: (path: string) => path === '/srv/root',
  tool: (name: string) => `/tools/${name}`,
};

test.each<[string, Partial<JobDefinition>, string[]]>([
  ['nothing', {}, []],
  [
    'limits',
    { limits: { nofile: { soft: 20, hard: 30 }, core: { soft: 0, hard: null } } },
    ['/tools/prlimit', '--nofile=20:30', '--core=0:unlimited', '--'],
  ],
  ['nice', { nice: 5 }, ['/tools/nice', '-n', '5', '--']],
  ['the nice value we have', { nice: 0 }, []],
  ['umask', { umask: 0o27 }, ['/bin/sh', '-e', '-c', 'umask 0027\nexec "$@"', '/bin/sh']],
  [
    'umask and oom score',
    { umask: 0, oomScore: -500 },
    [
      '/bin/sh',
      '-e',
      '-c',
      'umask 0000\necho -500 > /proc/self/oom_score_adj\nexec "$@"',
      '/bin/sh',
    ],
  ],
  [
    'setuid',
    { setuid: 'nobody' },
    ['/tools/setpriv', '--regid=65534', '--reuid=nobody', '--init-groups', '--'],
  ],
  ['setgid', { setgid: 'games' }, ['/tools/setpriv', '--regid=60', '--clear-groups', '--']],
  ['chroot', { chroot: '/srv/root' }, ['/tools/chroot', '--', '/srv/root']],
  [
    'chroot with a user and a folder',
    { chroot: '/srv/root', chdir: '/var', setuid: 'u' },
    [
      '/tools/chroot',
      '--userspec=u:',
      '--',
      '/srv/root',
      '/bin/sh',
      '-c',
      'cd -- "$1" && shift && exec "$@"',
      '/bin/sh',
      '/var',
    ],
  ],
])('%s', (_name, fields, wrapper) => {
  expect(wrap(jobOf('j', fields), ['prog', 'arg'], host)).toEqual([...wrapper, 'prog', 'arg']);
});

test.each<[string, Partial<JobDefinition>]>([
  ['expect fork', { expect: 'fork' }],
  ['console owner', { console: 'owner' }],
  ['apparmor switch', { apparmorSwitch: 'x' }],
  ['cgroup memory', { cgroups: [['memory']] }],
])('%s is refused, not ignored', (stanza, fields) => {
  const job = jobOf('j', { ...fields, file: 'j.conf' });
  expect(() => refuseAttributes(job)).toThrow(`cannot run j: this version does not do "${stanza}"`);
});

test('expect none is nothing to refuse', () => {
  expect(() => refuseAttributes(jobOf('j', { expect: 'none' }))).not.toThrow();
});

test('a root that is not there is told before anything runs', () => {
  expect(() => wrap(jobOf('j', { chroot: '/no/such' }), ['prog'], host)).toThrow(
    'cannot run j: there is no folder /no/such',
  );
});
