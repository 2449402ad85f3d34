import { describe, expect, test } from 'vitest';
import type { JobObject } from '../../src/embed/job-object.ts';
import { JobObjectError } from '../../src/embed/job-object-error.ts';
import { JobFileError } from '../../src/embed/load-jobs.ts';
import { toJob } from '../../src/embed/to-job.ts';
import { parseJob } from '../../src/language/parse-job.ts';
import { printJob } from '../../src/language/print-job.ts';
import type { JobDefinition } from '../../src/model/job.ts';

const full: Required<Omit<JobObject, 'script' | 'domain' | 'manual'>> = {
  name: 'web',
  description: "A server's job",
  author: 'A. Writer <writer@example.org>',
  version: '1.0',
  usage: 'PORT - where it listens',
  startOn: 'started database and (file FILE=*.conf or runlevel [2345])',
  stopOn: { kind: 'match', event: 'runlevel', operands: [{ negated: false, value: '[!2345]' }] },
  emits: ['web-ready', 'web-gone'],
  env: { PORT: 80, TITLE: 'two  words', EMPTY: '' },
  export: ['PORT'],
  instance: '$PORT',
  task: true,
  exec: ['/usr/bin/web', '--title', "it's", 'a\\b', '$HOME', ''],
  preStart: { script: 'mkdir -p /run/web\nif true; then\n    true\nfi\n' },
  postStart: { exec: 'curl http://localhost:$PORT' },
  preStop: { exec: ['sync'] },
  postStop: { script: 'rm -r /run/web' },
  respawn: true,
  respawnLimit: { limit: 3, interval: 60 },
  normalExit: [0, 'SIGTERM'],
  killTimeout: 30,
  killSignal: 'SIGINT',
  reloadSignal: 'USR1',
  expect: 'fork',
  console: 'output',
  umask: 0o027,
  nice: -5,
  oomScore: -100,
  limits: { nofile: { soft: 1024, hard: null } },
  chroot: '/srv/jail',
  chdir: '/srv',
  setuid: 'www',
  setgid: 'www',
  apparmorLoad: '/etc/apparmor.d/web',
  apparmorSwitch: '/usr/bin/web',
  cgroups: [['cpu', '$UPSTART_CGROUP', 'cpu.shares', '10']],
  spool: { folder: '/srv/spool', limit: 2, attempts: 4 },
};

const domain: JobObject = {
  name: 'rc-noklus',
  startOn: 'startup or run-program',
  env: ['FILE=load.sh', 'HOME'],
  instance: '$FILE',
  task: true,
  domain: {
    image: {
      source: 'busybox',
      copies: [{ source: '$FILE', target: '/root/load.sh', mode: 0o755 }],
      interfaces: [{ name: 'eth0', method: 'dhcp' }],
    },
    memory: 128,
    console: {
      watch: [
        {
          pattern: '^step ([0-9]+)',
          event: 'guest-step',
          variables: [{ name: 'STEP', value: '$1' }],
        },
      ],
    },
    guest: { name: 'rc-noklus', exec: '/root/load.sh', env: { A: 'b' } },
    timeout: 60,
  },
};

function parsed(name: string, text: string): JobDefinition {
  const { job, diagnostics } = parseJob({ text, file: name, name, dialect: 'domstart' });
  if (job === undefined) throw new Error(JSON.stringify(diagnostics));
  return job;
}

/** What a file of the dialect `domstart` can say and an object cannot, and why not. */
type Left =
  | 'dialect' // it is `domstart`
  | 'file' // it is from none
  | 'processes' // see exec, script, preStart …
  | 'debug' // for init's own developers
  | 'instanceEach'
  | 'daemon'
  | 'pidFile'
  | 'pidBinary'
  | 'pidTimeout' // of event.d
  | 'imports'
  | 'tmpfiles'; // of ChromiumOS
type Forgotten = Exclude<keyof JobDefinition, keyof JobObject | Left>;
const _nothing: [Forgotten] extends [never] ? true : Forgotten = true;

function pick<T extends object>(from: T | undefined, ...keys: readonly (keyof T)[]): Partial<T> {
  return Object.fromEntries(keys.map((key) => [key, from?.[key]])) as Partial<T>;
}

/** Without the files that jobs are said to be from. */
function plain(job: JobDefinition): unknown {
  return JSON.parse(JSON.stringify(job, (key, value) => (key === 'file' ? undefined : value)));
}

describe('an object is the job that a file would be', () => {
  test.each<[string, JobObject]>([
    ['with everything', full],
    ['with a domain', domain],
    ['with nothing', { name: 'idle' }],
    ['started by hand only', { name: 'm', startOn: 'startup', manual: true, script: 'true' }],
    ['that never gives up', { name: 'n', respawn: true, respawnLimit: 'unlimited', exec: 'x' }],
  ])('%s', (_name, object) => {
    const job = toJob(object);
    const printed = printJob(job);
    if (printed.kind !== 'printed') throw new Error(JSON.stringify(printed.problems));
    expect(plain(parsed(job.name, printed.text))).toEqual(plain(job));
  });

  test('of which every key arrives', () => {
    const { name, startOn, stopOn, env, exec, preStart, postStart, preStop, postStop, ...same } =
      full;
    expect(toJob(full)).toMatchObject({
      ...same,
      normalExit: [0, 'TERM'],
      killSignal: 'INT',
      env: ['PORT=80', 'TITLE=two  words', 'EMPTY='],
      stopOn,
      startOn: { kind: 'and', left: { event: 'started' }, right: { kind: 'or' } },
    });
    expect(Object.keys(toJob(full).processes)).toHaveLength(5);
    const { domain: own } = toJob(domain);
    expect(own).toMatchObject({
      image: { source: { kind: 'busybox' }, ...pick(domain.domain?.image, 'copies', 'interfaces') },
      ...pick(domain.domain, 'memory', 'console', 'timeout'),
      guest: { init: 'direct', job: { name: 'rc-noklus', env: ['A=b'] } },
    });
  });

  test('as text', () => {
    const job = toJob({
      name: 'web',
      startOn: 'started database or runlevel [2345]',
      env: { PORT: 80 },
      respawn: true,
      killSignal: 'SIGINT',
      exec: 'web --port $PORT',
      preStop: { script: 'sync' },
    });
    const text = `
      start on started database or runlevel [2345]
      env PORT=80
      respawn
      kill signal INT
      exec web --port $PORT
      pre-stop script
          sync
      end script`;
    expect(job).toEqual(toJob({ name: 'web', text }));
    expect(plain(job)).toEqual(plain(parsed('web', text)));
  });

  test('every word of an argument list is taken as it is', () => {
    const { text } = toJob(full).processes.main ?? {};
    expect(text).toBe(`/usr/bin/web --title "it's" "a\\\\b" '$HOME' ''`);
  });

  test('line ends in variables, which no file could say', () => {
    const job = toJob({ name: 'j', env: { KEY: 'a\nb' }, description: 'one\ntwo' });
    expect(job).toMatchObject({ env: ['KEY=a\nb'], description: 'one\ntwo' });
  });

  test('the job does not change with the object', () => {
    const emits = ['a'];
    const job = toJob({ name: 'j', emits });
    emits.push('b');
    expect(job.emits).toEqual(['a']);
  });
});

function problemsOf(object: unknown): unknown {
  try {
    toJob(object as JobObject);
  } catch (error) {
    if (error instanceof JobObjectError || error instanceof JobFileError) return error.message;
    throw error;
  }
  return undefined;
}

describe('what is wrong with an object is told with its place', () => {
  test.each<[unknown, string]>([
    [
      { name: 'j', killTimout: 3 },
      'killTimout is no key of this object; did you mean `killTimeout`?',
    ],
    [
      { name: 'j', 'start on': 'a' },
      '["start on"] is no key of this object; did you mean `startOn`?',
    ],
    [{ name: 'j', killTimeout: '3' }, 'killTimeout must be a number, and is the text "3"'],
    [{ name: 'j', expect: 'forks' }, 'did you mean "fork"?'],
    [{ name: 'j', preStart: 'true' }, 'write { exec: … } or { script: … }'],
    [{ name: 'j', preStart: {} }, 'preStart must have either `exec` or `script`'],
    [{ name: 'j', exec: 'a', script: 'b' }, 'script cannot stand beside `exec`'],
    [{ name: 'j', exec: [] }, 'exec must be a text, or a list of a program and its arguments'],
    [{ name: 'j', env: { 'A=B': 'c' } }, 'env["A=B"] is no name of a variable'],
    [{ name: 'j', env: ['=x'] }, 'env[0] must be NAME=VALUE or NAME'],
    [{ name: 'j', env: { A: true } }, 'env.A must be a text or a number, and is true'],
    [{ name: 'j', limits: { nofiles: { soft: 1, hard: 1 } } }, 'did you mean "nofile"?'],
    [
      { name: 'j', exec: 'a\nb' },
      'Cannot be printed: domstart has no text for the value of `exec`',
    ],
    [{ name: 'j', exec: 'a\0b' }, 'exec must not hold a NUL character'],
    [{ name: 'j', domain: {} }, 'domain.image is missing'],
    [{ exec: 'true' }, '1 error in a job\n  name is missing'],
    [{ name: 'j', startOn: { kind: 'match', event: 'e' } }, 'startOn.operands is missing'],
    [{ name: 'j', startOn: 'a\nexec rm' }, 'startOn holds more than one condition'],
    [null, 'must be an object, and is null'],
    ['exec true', 'must be an object, and is the text "exec true"'],
  ])('%j', (object, message) => {
    expect(problemsOf(object)).toContain(message);
  });

  test('all of them at once', () => {
    expect(problemsOf({ name: 'j', tusk: true, nice: 'high' })).toBe(
      '2 errors in job j\n' +
        '  tusk is no key of this object; did you mean `task`?\n' +
        '  nice must be a number, and is the text "high"',
    );
  });

  test('a condition that cannot be read, with its column', () => {
    expect(problemsOf({ name: 'j', startOn: 'a X=1 b', nice: 40 })).toMatchInlineSnapshot(`
      "2 errors in job j
      job j, startOn:1:16: error[expected-variable-name]: Expected variable name before value: \`b\` follows \`X=1\`
        1 | start on a X=1 b
          |                ^
        hint: values without a name come first; or is \`and\` or \`or\` missing before it?
      job j, as a file:1:6: error[illegal-nice]: Illegal nice value, expected -20 to 19
        1 | nice 40
          |      ^^
        hint: a whole number from -20 to 19"
    `);
  });

  test('what excludes each other in a domain', () => {
    const { domain: own, ...rest } = domain;
    expect(problemsOf({ ...rest, exec: 'true', domain: own })).toContain('two-main-processes');
  });

  test('in a guest', () => {
    const guest = { name: 'g', startOn: 'a X=1 b', exec: 'true' };
    const inside = { name: 'j', domain: { image: { source: 'busybox' }, guest } };
    expect(problemsOf(inside)).toContain('job j, domain.guest.startOn:1:16: error');
  });
});

describe('a text', () => {
  test('with errors, which are told with their places', () => {
    const text = 'tusk\nexec true\n';
    expect(() => toJob({ name: 'j', text })).toThrow(JobFileError);
    expect(problemsOf({ name: 'j', text })).toMatchInlineSnapshot(`
      "1 error in job j
      job j:1:1: error[unknown-stanza]: Unknown stanza: \`tusk\`
        1 | tusk
          | ^^^^
        hint: did you mean \`task\`?"
    `);
  });

  test('in another dialect', () => {
    expect(toJob({ name: 'j', text: 'exec true', dialect: 'event.d' }).task).toBe(true);
  });

  test('of a file', () => {
    const job = toJob({ name: 'j', text: 'exec true', file: '/etc/init/j.conf' });
    expect(job).toMatchObject({ dialect: 'init', file: '/etc/init/j.conf' });
    expect(toJob({ name: 'j', text: 'exec true' })).not.toHaveProperty('file');
  });

  test('beside keys of an object', () => {
    expect(problemsOf({ name: 'j', text: 'task', exec: 'true' })).toContain('exec is no key');
  });
});
