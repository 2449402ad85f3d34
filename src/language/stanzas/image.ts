/** The guest's root file system. */
import { domainOf } from '../job-draft.ts';
import { octal } from './numbers.ts';
import { argument, type Clash, given, OWN, type Stanza, stanza } from './stanza.ts';
import { address, choice, matching, text } from './words.ts';

const common = { dialects: OWN, domain: true } as const;

const ONE_SOURCE = { dialect: 'domstart', slot: 'image from' } as const;

function fileSource(kind: 'tar' | 'directory' | 'disk', help: string, example: string): Stanza {
  return stanza({
    ...common,
    words: `image from ${kind}`,
    help,
    example: `image from ${kind} ${example}`,
    arguments: [argument(kind === 'directory' ? 'DIR' : 'FILE', text)],
    once: ONE_SOURCE,
    get: ({ domain }) => {
      const source = domain?.image.source;
      return source?.kind === kind ? [[source.path]] : [];
    },
    set: (job, path) => {
      domainOf(job).image.source = { kind, path };
    },
  });
}

const ADDRESS = /^(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)\/[0-9]{1,3}$|\$/;

function interfaceClash(method: string, address: string | undefined): Clash | undefined {
  if (method === 'static' && address === undefined) {
    return {
      argument: 1,
      code: 'expected-token',
      message: 'Expected token: `static` needs an address',
      hint: 'image interface eth0 static 10.0.0.2/24 10.0.0.1',
    };
  }
  if (method !== 'static' && address !== undefined) {
    return {
      argument: 2,
      code: 'unexpected-token',
      message: `Unexpected token: \`${method}\` takes no address`,
    };
  }
  return undefined;
}

export const IMAGE_STANZAS: readonly Stanza[] = [
  stanza({
    ...common,
    words: 'image from busybox',
    help: 'A static busybox and nothing else: the smallest guest.',
    example: 'image from busybox',
    arguments: [],
    once: ONE_SOURCE,
    get: ({ domain }) => (domain?.image.source.kind === 'busybox' ? [[]] : []),
    set: (job) => {
      domainOf(job).image.source = { kind: 'busybox' };
    },
  }),
  stanza({
    ...common,
    words: 'image from debootstrap',
    help: "A Debian or Ubuntu system; the mirror is the host's own unless given.",
    example: 'image from debootstrap bookworm',
    arguments: [argument('SUITE', text), argument('MIRROR', text, 'optional')],
    once: ONE_SOURCE,
    get: ({ domain }) => {
      const source = domain?.image.source;
      return source?.kind === 'debootstrap' ? [[source.suite, source.mirror]] : [];
    },
    set: (job, suite, mirror) => {
      const source = { kind: 'debootstrap', suite } as const;
      domainOf(job).image.source = mirror === undefined ? source : { ...source, mirror };
    },
  }),
  fileSource('tar', 'The contents of a tar file.', 'root.tar'),
  fileSource('directory', 'A copy of a directory.', '/srv/root'),
  fileSource('disk', 'A disk image that is there already.', 'disk.img'),
  stanza({
    ...common,
    words: 'image copy',
    help: 'Copies a file of the host into the image; names may hold variables. May be repeated.',
    example: 'image copy $FILE /root/load.sh 0755',
    arguments: [
      argument('SOURCE', text),
      argument('TARGET', matching(/^[/$]/, 'an absolute path')),
      argument(
        'MODE',
        octal({ code: 'illegal-mode', message: 'Illegal mode, expected octal', to: 0o7777 }),
        'optional',
      ),
    ],
    get: ({ domain }) =>
      (domain?.image.copies ?? []).map(
        ({ source, target, mode }) => [source, target, mode] as const,
      ),
    set: (job, source, target, mode) => {
      const copy = { source, target };
      domainOf(job).image.copies.push(mode === undefined ? copy : { ...copy, mode });
    },
  }),
  stanza({
    ...common,
    words: 'image interface',
    help: 'How the guest sets up a network interface; may be repeated.',
    example: 'image interface eth0 dhcp',
    arguments: [
      argument('NAME', matching(/^[A-Za-z0-9._-]{1,15}$/, 'the name of an interface')),
      argument('METHOD', choice('dhcp', 'static', 'loopback')),
      argument('ADDRESS', matching(ADDRESS, 'an address with its prefix: 10.0.0.2/24'), 'optional'),
      argument('GATEWAY', address, 'optional'),
    ],
    check: (_name, method, address) => interfaceClash(method, address),
    get: ({ domain }) =>
      (domain?.image.interfaces ?? []).map(
        ({ name, method, address, gateway }) => [name, method, address, gateway] as const,
      ),
    set: (job, name, method, own, gateway) => {
      domainOf(job).image.interfaces.push({
        name,
        method,
        ...(own === undefined ? {} : { address: own }),
        ...(gateway === undefined ? {} : { gateway }),
      });
    },
  }),
  stanza({
    ...common,
    words: 'image hostname',
    help: 'The name that the guest gives itself.',
    example: 'image hostname noklus',
    arguments: [argument('NAME', matching(/^[A-Za-z0-9${][A-Za-z0-9.${}:_-]*$/, 'a host name'))],
    once: { dialect: 'domstart', slot: 'image hostname' },
    get: ({ domain }) => given(domain?.image.hostname),
    set: (job, name) => {
      domainOf(job).image.hostname = name;
    },
  }),
  stanza({
    ...common,
    words: 'image modules',
    help: 'Kernel modules for the guest: what its devices need, none, or those of a version.',
    example: 'image modules auto',
    arguments: [
      argument(
        'auto|none|VERSION',
        matching(/^[A-Za-z0-9][\w.+~-]*$/, 'auto, none or a kernel version'),
      ),
    ],
    once: { dialect: 'domstart', slot: 'image modules' },
    get: ({ domain }) => given(domain?.image.modules),
    set: (job, modules) => {
      domainOf(job).image.modules = modules;
    },
  }),
];
