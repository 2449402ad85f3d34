/** What a JobObject may hold. Ranges and whatever depends on more than one field: see the language. */
import {
  either,
  filled,
  flag,
  isRecord,
  list,
  number,
  object,
  record,
  type Shape,
  text,
  word,
} from './check-shape.ts';
import type { DomainObject, GuestObject, ImageObject, JobObject } from './job-object.ts';

type ShapesOf<T> = Readonly<Record<keyof T, Shape>>;

const isText = (value: unknown) => typeof value === 'string';
const isNumber = (value: unknown) => typeof value === 'number';
const { isArray } = Array;
const texts = list(filled);
const textOrNumber = either('a text or a number', [isText, filled], [isNumber, number]);

const operand = object(
  { name: filled, negated: flag, value: text },
  { required: ['negated', 'value'] },
);
const match = object(
  { kind: word('match'), event: filled, operands: list(operand) },
  { required: ['event', 'operands'] },
);
const condition: Shape = either(
  'a text or a Condition',
  [isText, filled],
  [(value) => isRecord(value) && value['kind'] === 'match', match],
  [isRecord, (value, path) => combination(value, path)],
);
const combination = object(
  { kind: word('and', 'or', 'match'), left: condition, right: condition },
  { required: ['kind', 'left', 'right'] },
);

const variableName: Shape = (value, path) =>
  typeof value === 'string' && (value === '' || value.startsWith('=') || value.includes('='))
    ? [{ path, message: 'is no name of a variable' }]
    : text(value, path);
const variable: Shape = (value, path) =>
  typeof value === 'string' && (value === '' || value.startsWith('='))
    ? [{ path, message: 'must be NAME=VALUE or NAME' }]
    : text(value, path);
const value = either('a text or a number', [isText, text], [isNumber, number]);

const command = either(
  'a text, or a list of a program and its arguments',
  [isText, filled],
  [(one) => isArray(one) && one.length > 0, list(text)],
);
const processKeys = object({ exec: command, script: text });
const oneProcess: Shape = (value, path) => {
  if (!isRecord(value)) {
    const hint = 'write { exec: … } or { script: … }';
    return processKeys(value, path).map((problem) => ({ ...problem, hint }));
  }
  const said = ['exec', 'script'].filter((key) => value[key] !== undefined);
  return said.length === 1
    ? processKeys(value, path)
    : [...processKeys(value, path), { path, message: 'must have either `exec` or `script`' }];
};

const limit = either('a number or null', [(one) => one === null, () => []], [isNumber, number]);
const RESOURCES =
  'as core cpu data fsize memlock msgqueue nice nofile nproc rss rtprio sigpending stack'.split(
    ' ',
  );

const GUEST_JOB = {
  name: filled,
  description: filled,
  author: filled,
  version: filled,
  usage: filled,
  startOn: condition,
  stopOn: condition,
  manual: flag,
  emits: texts,
  env: either(
    'an object with values by name, or a list of NAME=VALUE',
    [isArray, list(variable)],
    [isRecord, record(value, variableName)],
  ),
  export: texts,
  instance: filled,
  task: flag,
  exec: command,
  script: text,
  preStart: oneProcess,
  postStart: oneProcess,
  preStop: oneProcess,
  postStop: oneProcess,
  respawn: flag,
  respawnLimit: either(
    '{ limit, interval } or "unlimited"',
    [isText, word('unlimited')],
    [isRecord, object({ limit: number, interval: number }, { required: ['limit', 'interval'] })],
  ),
  normalExit: list(textOrNumber),
  killTimeout: number,
  killSignal: textOrNumber,
  reloadSignal: textOrNumber,
  expect: word('stop', 'fork', 'daemon', 'none'),
  console: word('none', 'log', 'output', 'owner'),
  umask: number,
  nice: number,
  oomScore: number,
  limits: record(
    object({ soft: limit, hard: limit }, { required: ['soft', 'hard'] }),
    word(...RESOURCES),
  ),
  chroot: filled,
  chdir: filled,
  setuid: filled,
  setgid: filled,
  apparmorLoad: filled,
  apparmorSwitch: filled,
  cgroups: list(texts),
} satisfies ShapesOf<Omit<GuestObject, 'init'>>;

const source = either(
  '"busybox" or an ImageSource',
  [isText, word('busybox')],
  [
    isRecord,
    object(
      {
        kind: word('busybox', 'debootstrap', 'tar', 'directory', 'disk'),
        suite: filled,
        mirror: filled,
        path: filled,
      },
      { required: ['kind'] },
    ),
  ],
);

const password = object(
  { user: filled, kind: word('locked', 'hash', 'file'), hash: filled, path: filled },
  { required: ['user', 'kind'] },
);

const IMAGE = {
  source,
  copies: list(
    object({ source: filled, target: filled, mode: number }, { required: ['source', 'target'] }),
  ),
  interfaces: list(
    object(
      {
        name: filled,
        method: word('dhcp', 'static', 'loopback'),
        address: filled,
        gateway: filled,
      },
      { required: ['name', 'method'] },
    ),
  ),
  hostname: filled,
  modules: filled,
  size: number,
  filesystem: word('ext3', 'ext4'),
  swap: number,
  volume: filled,
  packages: texts,
  scripts: list(text),
  hosts: list(object({ address: filled, names: texts }, { required: ['address', 'names'] })),
  mounts: list(
    object(
      { device: filled, folder: filled, type: filled, options: filled, dump: number, pass: number },
      { required: ['device', 'folder', 'type'] },
    ),
  ),
  passwords: list(password),
  users: list(object({ name: filled, groups: texts }, { required: ['name', 'groups'] })),
} satisfies ShapesOf<ImageObject>;

const xenValue: Shape = either(
  'a text, a number or a list of them',
  [isText, text],
  [isNumber, number],
  [isArray, (one, path) => list(xenValue)(one, path)],
);

const DOMAIN = {
  image: object(IMAGE, { required: ['source'] }),
  name: filled,
  memory: number,
  vcpus: number,
  kernel: filled,
  ramdisk: filled,
  root: filled,
  extra: filled,
  vifs: list(text),
  forwards: list(object({ host: filled, guestPort: number }, { required: ['host', 'guestPort'] })),
  disks: texts,
  pci: texts,
  type: word('pv', 'pvh', 'hvm'),
  autostart: flag,
  pool: number,
  settings: list(object({ key: filled, value: xenValue }, { required: ['key', 'value'] })),
  on: word('xen', 'qemu'),
  console: object({
    ready: texts,
    fail: texts,
    watch: list(
      object(
        {
          pattern: filled,
          event: filled,
          variables: list(object({ name: filled, value: text }, { required: ['name', 'value'] })),
        },
        { required: ['pattern', 'event', 'variables'] },
      ),
    ),
    limit: number,
  }),
  guest: object({ ...GUEST_JOB, init: word('event.d', 'init', 'direct') }, { required: ['name'] }),
  timeout: number,
  keepOnFailure: number,
  inputs: texts,
  outputs: texts,
  outputLimit: number,
} satisfies ShapesOf<DomainObject>;

const JOB = {
  ...GUEST_JOB,
  spool: object({ folder: filled, limit: number, attempts: number }),
  domain: object(DOMAIN, { required: ['image'] }),
} satisfies ShapesOf<JobObject>;

export const jobObject: Shape = object(JOB, { required: ['name'] });
