/** The disk that the guest's root file system is on. */
import { domainOf } from '../job-draft.ts';
import { size } from './numbers.ts';
import { argument, given, OWN, type Stanza, stanza } from './stanza.ts';
import { choice, matching } from './words.ts';

const MIB = 1024 ** 2;
const LARGEST = 16 * 1024 * 1024;

const common = { dialects: OWN, domain: true } as const;

const once = (slot: string) => ({ dialect: 'domstart', slot }) as const;

export const IMAGE_DISK_STANZAS: readonly Stanza[] = [
  stanza({
    ...common,
    words: 'image size',
    help: "The size of the guest's root file system, in MiB unless a unit is given.",
    example: 'image size 700M',
    arguments: [argument('SIZE', size({ unit: MIB, from: 8, to: LARGEST }))],
    once: once('image size'),
    get: ({ domain }) => given(domain?.image.size),
    set: (job, mebibytes) => {
      domainOf(job).image.size = mebibytes;
    },
  }),
  stanza({
    ...common,
    words: 'image filesystem',
    help: "The file system of the guest's root; without it ext4.",
    example: 'image filesystem ext4',
    arguments: [argument('TYPE', choice('ext3', 'ext4'))],
    once: once('image filesystem'),
    get: ({ domain }) => given(domain?.image.filesystem),
    set: (job, type) => {
      domainOf(job).image.filesystem = type;
    },
  }),
  stanza({
    ...common,
    words: 'image swap',
    help: 'A swap image of that size, in MiB unless a unit is given.',
    example: 'image swap 128M',
    arguments: [argument('SIZE', size({ unit: MIB, from: 1, to: LARGEST }))],
    once: once('image swap'),
    get: ({ domain }) => given(domain?.image.swap),
    set: (job, mebibytes) => {
      domainOf(job).image.swap = mebibytes;
    },
  }),
  stanza({
    ...common,
    words: 'image volume',
    help: 'An LVM volume that is there already, in the place of a file.',
    example: 'image volume vg0/guest',
    arguments: [
      argument(
        'GROUP/VOLUME',
        matching(
          /^[A-Za-z0-9_+][A-Za-z0-9_+.-]*\/[A-Za-z0-9_+][A-Za-z0-9_+.-]*$/,
          'a volume group and a volume: vg0/guest',
        ),
      ),
    ],
    once: once('image volume'),
    get: ({ domain }) => given(domain?.image.volume),
    set: (job, volume) => {
      domainOf(job).image.volume = volume;
    },
  }),
];
