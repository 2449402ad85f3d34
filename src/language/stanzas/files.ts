/** Files into the guest and out of it; the folder that is a queue of them. */
import { DEFAULT_OUTPUT_LIMIT } from '../../model/domain.ts';
import { append, type DomainDraft, domainOf } from '../job-draft.ts';
import { integer, size } from './numbers.ts';
import { argument, given, listOf, OWN, type Stanza, stanza } from './stanza.ts';
import { matching, text } from './words.ts';

const MIB = 1024 ** 2;

const common = { dialects: OWN, domain: true } as const;

function spoolOf(domain: DomainDraft): NonNullable<DomainDraft['spool']> {
  domain.spool ??= {};
  return domain.spool;
}

export const FILE_STANZAS: readonly Stanza[] = [
  stanza({
    ...common,
    words: 'input',
    help: 'Files of the host that are handed to the guest; names may hold variables. May be repeated.',
    example: 'input $FILE data/table.csv',
    arguments: [argument('FILE', text, 'some')],
    get: ({ domain }) => listOf(domain?.inputs ?? []),
    set: (job, files) => {
      const domain = domainOf(job);
      domain.inputs = append(domain.inputs, files);
    },
  }),
  stanza({
    ...common,
    words: 'output',
    help: 'Files and folders of the guest that are handed back. May be repeated.',
    example: 'output /root/result /var/log/messages',
    arguments: [
      argument(
        'PATH',
        matching(
          /^(?!.*(?:^|\/)\.\.(?:\/|$))(?:\/+[^/]|\$)/s,
          'an absolute path inside the guest, without `..`',
        ),
        'some',
      ),
    ],
    get: ({ domain }) => listOf(domain?.outputs ?? []),
    set: (job, paths) => {
      const domain = domainOf(job);
      domain.outputs = append(domain.outputs, paths);
    },
  }),
  stanza({
    ...common,
    words: 'output limit',
    help: `How much all outputs may take together, in MiB unless a unit is given; without it ${DEFAULT_OUTPUT_LIMIT}M.`,
    example: 'output limit 200M',
    arguments: [argument('SIZE', size({ unit: MIB, from: 1, to: 1024 * 1024 }))],
    once: { dialect: 'domstart', slot: 'output limit' },
    get: ({ domain }) => given(domain?.outputLimit),
    set: (job, mebibytes) => {
      domainOf(job).outputLimit = mebibytes;
    },
  }),
  stanza({
    ...common,
    words: 'spool',
    help: 'A watched folder: each file that arrives starts one instance.',
    example: 'spool /srv/spool',
    arguments: [
      argument(
        'DIR',
        // It is watched before there is an instance, whose variables could be meant.
        matching(/^(?!\/+$)[^$]+$/s, 'a folder, named without variables'),
      ),
    ],
    once: { dialect: 'domstart', slot: 'spool' },
    get: ({ domain }) => given(domain?.spool?.folder),
    set: (job, folder) => {
      spoolOf(domainOf(job)).folder = folder;
    },
  }),
  stanza({
    ...common,
    words: 'spool limit',
    help: 'How many instances run at once.',
    example: 'spool limit 4',
    arguments: [
      argument(
        'COUNT',
        integer({
          code: 'illegal-limit',
          message: 'Illegal limit, expected a number of instances',
          from: 1,
          to: 10_000,
        }),
      ),
    ],
    once: { dialect: 'domstart', slot: 'spool limit' },
    get: ({ domain }) => given(domain?.spool?.limit),
    set: (job, count) => {
      spoolOf(domainOf(job)).limit = count;
    },
  }),
];
