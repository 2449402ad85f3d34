import { expect, test } from 'vitest';
import type { JobDefinition } from '../../src/model/job.ts';
import { wrap } from '../../src/process/attributes.ts';
import { jobOf } from '../support/job.ts';

const host = {
  nice: 0,
  user: () => ({ uid: 65534, gid: 65534 }),
  group: () => 60,
  isUs: ({ gid }: { readonly gid: number }) => gid === 1000,
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
  [
    'console owner',
    { console: 'owner', nice: 5 },
    ['/tools/setsid', '--ctty', '--', '/tools/nice', '-n', '5', '--'],
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

test('the user that we are is nothing to become', () => {
  const us = { ...host, user: () => ({ uid: 1000, gid: 1000 }) };
  expect(wrap(jobOf('j', { setuid: 'us' }), ['prog'], us)).toEqual(['prog']);
});

test('event.d always sets a nice value, and others only one that they are given', () => {
  const nicer = { ...host, nice: 5 };
  expect(wrap(jobOf('j', { dialect: 'event.d' }), ['prog'], nicer)).toEqual([
    '/tools/nice',
    '-n',
    '-5',
    '--',
    'prog',
  ]);
  expect(wrap(jobOf('j'), ['prog'], nicer)).toEqual(['prog']);
});
