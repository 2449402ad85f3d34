/** The virtual machine, and the job inside it. */
import { append, domainOf } from '../job-draft.ts';
import { integer, size } from './numbers.ts';
import { argument, given, OWN, type Stanza, stanza } from './stanza.ts';
import { choice, matching, text } from './words.ts';

const MIB = 1024 ** 2;
const common = { dialects: OWN, domain: true } as const;

/** The words of `domain extra`; in one piece where a second blank would get lost. */
function wordsOf(extra: string | undefined): readonly (readonly [readonly string[]])[] {
  if (extra === undefined) return [];
  const words = extra.split(' ');
  return [[words.includes('') ? [extra] : words]];
}

export const DOMAIN_STANZAS: readonly Stanza[] = [
  stanza({
    ...common,
    words: 'domain name',
    help: "The domain's name; a pattern. Without it, the job's name and a short random part.",
    example: 'domain name noklus-$FILE',
    arguments: [
      argument(
        'NAME',
        matching(/^[\w.+:${}-]+$/, 'letters, digits, `.`, `+`, `:`, `_`, `-` and variables'),
      ),
    ],
    get: ({ domain }) => given(domain?.name),
    set: (job, name) => {
      domainOf(job).name = name;
    },
  }),
  stanza({
    ...common,
    words: 'domain memory',
    help: 'Memory, in MiB unless a unit is given.',
    example: 'domain memory 96',
    arguments: [argument('SIZE', size({ unit: MIB, from: 1, to: 1024 * 1024 }))],
    get: ({ domain }) => given(domain?.memory),
    set: (job, mebibytes) => {
      domainOf(job).memory = mebibytes;
    },
  }),
  stanza({
    ...common,
    words: 'domain vcpus',
    help: 'Virtual processors.',
    example: 'domain vcpus 1',
    arguments: [
      argument(
        'COUNT',
        integer({ code: 'illegal-vcpus', message: 'Illegal number of vcpus', from: 1, to: 128 }),
      ),
    ],
    get: ({ domain }) => given(domain?.vcpus),
    set: (job, count) => {
      domainOf(job).vcpus = count;
    },
  }),
  stanza({
    ...common,
    words: 'domain kernel',
    help: 'The kernel to boot: `auto` is the one of the distribution, and the default; `optimised` the one that `domstart kernel build` has made; anything else is a file of the host.',
    example: 'domain kernel optimised\ndomain kernel /boot/vmlinuz-6.1.0-18-cloud-amd64',
    arguments: [argument('auto|optimised|FILE', text)],
    get: ({ domain }) => given(domain?.kernel),
    set: (job, file) => {
      domainOf(job).kernel = file;
    },
  }),
  stanza({
    ...common,
    words: 'domain ramdisk',
    help: 'The initial ramdisk to boot with, a file of the host.',
    example: 'domain ramdisk /boot/initrd.img-6.1.0-18-cloud-amd64',
    arguments: [argument('FILE', text)],
    get: ({ domain }) => given(domain?.ramdisk),
    set: (job, file) => {
      domainOf(job).ramdisk = file;
    },
  }),
  stanza({
    ...common,
    words: 'domain root',
    help: 'The root device, as the guest names it.',
    example: 'domain root "/dev/xvda ro"',
    arguments: [argument('DEVICE', text)],
    get: ({ domain }) => given(domain?.root),
    set: (job, device) => {
      domainOf(job).root = device;
    },
  }),
  stanza({
    ...common,
    words: 'domain extra',
    help: "More words for the kernel's command line.",
    example: 'domain extra quiet loglevel=3',
    arguments: [argument('WORD', text, 'some')],
    get: ({ domain }) => wordsOf(domain?.extra),
    set: (job, words) => {
      domainOf(job).extra = words.join(' ');
    },
  }),
  stanza({
    ...common,
    words: 'domain vif',
    help: "A network interface, in xl's syntax; may be repeated.",
    example: 'domain vif bridge=xenbr0',
    arguments: [argument('KEY=VALUE,…', text, 'optional')],
    get: ({ domain }) =>
      (domain?.vifs ?? []).map((settings) => [settings === '' ? undefined : settings] as const),
    set: (job, settings) => {
      domainOf(job).vifs.push(settings ?? '');
    },
  }),
  stanza({
    ...common,
    words: 'domain forward',
    help: "A TCP port of this host that leads to one of the guest, by QEMU's user network; may be repeated. Without an address only this host itself reaches it. On Xen the guest has an address of its own.",
    example: 'domain forward 8080 80\ndomain vif',
    arguments: [
      argument(
        '[ADDRESS:]PORT',
        matching(
          /^(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}:)?[0-9]{1,5}$|\$/,
          'a port, or an IPv4 address and a port: 8080 or 0.0.0.0:8080',
        ),
      ),
      argument(
        'GUEST_PORT',
        integer({ code: 'illegal-port', message: 'Illegal port', from: 1, to: 65_535 }),
      ),
    ],
    get: ({ domain }) =>
      (domain?.forwards ?? []).map(({ host, guestPort }) => [host, guestPort] as const),
    set: (job, host, guestPort) => {
      const domain = domainOf(job);
      domain.forwards = append(domain.forwards, [{ host, guestPort }]);
    },
  }),
  stanza({
    ...common,
    words: 'domain on',
    help: 'The hypervisor; without it Xen where `xl` answers, else QEMU.',
    example: 'domain on qemu',
    arguments: [argument('HYPERVISOR', choice('xen', 'qemu'))],
    get: ({ domain }) => given(domain?.on),
    set: (job, hypervisor) => {
      domainOf(job).on = hypervisor;
    },
  }),
  stanza({
    ...common,
    words: 'timeout',
    help: 'Seconds for the whole run, from pre-start on; the making of the image counts too.',
    example: 'timeout 60',
    arguments: [
      argument(
        'SECONDS',
        integer({
          code: 'illegal-interval',
          message: 'Illegal interval, expected number of seconds',
          from: 1,
          to: 2_147_483,
        }),
      ),
    ],
    get: ({ domain }) => given(domain?.timeout),
    set: (job, seconds) => {
      domainOf(job).timeout = seconds;
    },
  }),
  stanza({
    ...common,
    words: 'domain keep-on-failure',
    help: 'Seconds that the domain stays where its job has failed, its `timeout` passed or `console fail` matched, so that one can look into it: `domstart domain console NAME`. `domstart domain destroy NAME` ends it sooner.',
    example: 'domain keep-on-failure 600',
    once: { dialect: 'domstart', slot: 'domain keep-on-failure' },
    arguments: [
      argument(
        'SECONDS',
        integer({
          code: 'illegal-interval',
          message: 'Illegal interval, expected number of seconds',
          from: 1,
          to: 2_147_483,
        }),
      ),
    ],
    get: ({ domain }) => given(domain?.keepOnFailure),
    set: (job, seconds) => {
      domainOf(job).keepOnFailure = seconds;
    },
  }),
  {
    ...common,
    words: 'guest',
    help: 'The one job that runs inside, up to `end guest`, in the language of its own init.',
    example: 'guest one\n    start on startup\n    exec /root/load.sh\nend guest',
    once: { dialect: 'domstart', slot: 'guest' },
    form: { kind: 'guest' },
  },
  stanza({
    ...common,
    words: 'guest init',
    help: 'What runs the job inside: an Upstart of the 0.3 or 1.x kind, or a small init of our own.',
    example: 'guest init direct',
    arguments: [argument('INIT', choice('event.d', 'init', 'direct'))],
    get: ({ domain }) => given(domain?.guest?.init),
    set: (job, init) => {
      domainOf(job).guestInit = init;
    },
  }),
];
