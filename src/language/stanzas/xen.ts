/** What a domain has of Xen's own: devices, virtualisation, and every other key of xl.cfg. */
import type { XenValue } from '../../model/domain.ts';
import { append, domainOf } from '../job-draft.ts';
import { stanzaOfKey } from '../xen/keys.ts';
import { printSettingValue } from '../xen/print-value.ts';
import { readXenValue } from '../xen/read-value.ts';
import { integer } from './numbers.ts';
import {
  type ArgumentType,
  argument,
  type Clash,
  flag,
  given,
  OWN,
  refuse,
  type Stanza,
  stanza,
} from './stanza.ts';
import { choice, matching } from './words.ts';

const common = { dialects: OWN, domain: true } as const;

/** A target and a device at least, by place or by name; a variable may stand for all of it. */
const DISK = /^[^,\n]*,[^\n]*$|=|\$/;
/** `[DDDD:]BB:DD.F`, then `@SLOT` and options; or options alone, the device among them. */
const PCI =
  /^(?:(?:[0-9a-f]{1,4}:)?[0-9a-f]{1,2}:[0-9a-f]{1,2}\.(?:[0-7]|\*)(?:[@,].*)?|[a-z_]+=.*)$|\$/is;

const value: ArgumentType<XenValue> = {
  expects: 'a word, or a number, text or list as in xl.cfg',
  read: (text) =>
    readXenValue(text) ??
    refuse(
      'illegal-argument',
      'Illegal argument, expected a value of xl.cfg',
      'a word, or in quotes a list: `domain set irqs "[5, 6]"`',
    ),
  write: printSettingValue,
};

/** A key that has a stanza of its own is said by it, so that it is said once. */
function ownStanza(key: string): Clash | undefined {
  const words = stanzaOfKey(key);
  if (words === undefined) return undefined;
  return {
    argument: 0,
    code: 'own-stanza',
    message: `A stanza of its own: \`${key}\` is not set but said`,
    hint: `write \`${words} …\``,
  };
}

export const XEN_STANZAS: readonly Stanza[] = [
  stanza({
    ...common,
    words: 'domain disk',
    help: "One more disk, in xl's syntax; may be repeated.",
    example: 'domain disk /srv/data.img,raw,xvdb,rw',
    arguments: [argument('TARGET,FORMAT,VDEV,…', matching(DISK, "xl's TARGET,FORMAT,VDEV,ACCESS"))],
    get: ({ domain }) => (domain?.disks ?? []).flatMap(given),
    set: (job, disk) => {
      const domain = domainOf(job);
      domain.disks = append(domain.disks, [disk]);
    },
  }),
  stanza({
    ...common,
    words: 'domain pci',
    help: "A PCI device passed through, in xl's syntax; may be repeated.",
    example: 'domain pci 03:00.0',
    arguments: [argument('DEVICE,…', matching(PCI, 'a device as lspci names it: 03:00.0'))],
    get: ({ domain }) => (domain?.pci ?? []).flatMap(given),
    set: (job, device) => {
      const domain = domainOf(job);
      domain.pci = append(domain.pci, [device]);
    },
  }),
  stanza({
    ...common,
    words: 'domain type',
    help: 'How the guest is virtualised.',
    example: 'domain type pvh',
    once: { dialect: 'domstart', slot: 'domain type' },
    arguments: [argument('TYPE', choice('pv', 'pvh', 'hvm'))],
    get: ({ domain }) => given(domain?.type),
    set: (job, type) => {
      domainOf(job).type = type;
    },
  }),
  flag({
    ...common,
    words: 'domain autostart',
    help: 'The job also starts on `startup`, which the daemon emits once when it starts: with its systemd unit, when the host boots.',
    example: 'domain autostart',
    once: { dialect: 'domstart', slot: 'domain autostart' },
    get: ({ domain }) => domain?.autostart === true,
    set: (job) => {
      domainOf(job).autostart = true;
    },
  }),
  stanza({
    ...common,
    words: 'domain pool',
    help: 'How many domains the daemon keeps created and paused, so that a start need not wait for that. Xen alone does it; under QEMU a domain is there in no time.',
    example: 'domain pool 2',
    once: { dialect: 'domstart', slot: 'domain pool' },
    arguments: [
      argument(
        'COUNT',
        integer({
          code: 'illegal-limit',
          message: 'Illegal limit, expected a number of domains',
          from: 0,
          to: 100,
        }),
      ),
    ],
    get: ({ domain }) => given(domain?.pool),
    set: (job, count) => {
      domainOf(job).pool = count;
    },
  }),
  stanza({
    ...common,
    words: 'domain set',
    help: 'Any other key of xl.cfg; lists and numbers are written as there, in quotes.',
    example: 'domain set localtime 1',
    once: { dialect: 'domstart', slot: 'domain set', eachFirst: true },
    arguments: [
      argument('KEY', matching(/^[a-z][a-z0-9_]*$/, 'small letters, digits and `_`')),
      argument('VALUE', value),
    ],
    check: ownStanza,
    get: ({ domain }) => (domain?.settings ?? []).map(({ key, value }) => [key, value] as const),
    set: (job, key, setting) => {
      const domain = domainOf(job);
      domain.settings = append(domain.settings, [{ key, value: setting }]);
    },
  }),
];
