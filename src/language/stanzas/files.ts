/** Files into the guest and out of it; the folder that is a queue of them. */
import { DEFAULT_OUTPUT_LIMIT } from '../../model/domain.ts';
import { DEFAULT_ATTEMPTS } from '../../model/job.ts';
import { append, domainOf, type JobDraft } from '../job-draft.ts';
import { integer, size } from './numbers.ts';
import { argument, given, listOf, OWN, type Stanza, stanza } from './stanza.ts';
import { matching, text } from './words.ts';

const MIB = 1024 ** 2;

const common = { dialects: OWN, domain: true } as const;

function spoolOf(job: JobDraft): NonNullable<JobDraft['spool']> {
  job.spool ??= {};
  return job.spool;
}

const own = { dialects: OWN } as const;

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
    ...own,
    words: 'spool',
    help: 'A folder that is a queue: each file that arrives in its `in/` starts one instance with FILE, whose result appears in `done/` or `failed/`.',
    example: 'spool /srv/spool',
    arguments: [
      argument(
        'DIR',
        // It is watched before there is an instance, whose variables could be meant.
        matching(/^(?!\/+$)[^$]+$/s, 'a folder, named without variables'),
      ),
    ],
    once: { dialect: 'domstart', slot: 'spool' },
    get: ({ spool }) => given(spool?.folder),
    set: (job, folder) => {
      spoolOf(job).folder = folder;
    },
  }),
  stanza({
    ...own,
    words: 'spool limit',
    help: 'How many instances of a spool run at once; without it as many as there are processors.',
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
    get: ({ spool }) => given(spool?.limit),
    set: (job, count) => {
      spoolOf(job).limit = count;
    },
  }),
  stanza({
    ...own,
    words: 'spool attempts',
    help: `How often a file is begun whose run was cut off, as by a crash of the host, before it has failed; without it ${DEFAULT_ATTEMPTS}. A run that came to its end is not done again.`,
    example: 'spool attempts 5',
    arguments: [
      argument(
        'COUNT',
        integer({
          code: 'illegal-limit',
          message: 'Illegal limit, expected a number of attempts',
          from: 1,
          to: 1000,
        }),
      ),
    ],
    once: { dialect: 'domstart', slot: 'spool attempts' },
    get: ({ spool }) => given(spool?.attempts),
    set: (job, count) => {
      spoolOf(job).attempts = count;
    },
  }),
];
