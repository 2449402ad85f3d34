/** Stanzas that only one vendor's Upstart has. */
import type { Dialect } from '../../model/job.ts';
import { append } from '../job-draft.ts';
import { argument, listOf, type Stanza, stanza } from './stanza.ts';
import { matching, text } from './words.ts';

const CHROMEOS: readonly Dialect[] = ['chromeos'];

export const VENDOR_STANZAS: readonly Stanza[] = [
  stanza({
    words: 'import',
    dialects: CHROMEOS,
    help: 'Variables that the job takes over from what starts it. May be repeated.',
    example: 'import CHROMEOS_USER',
    arguments: [
      argument('NAME', matching(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a variable'), 'some'),
    ],
    get: ({ imports }) => listOf(imports ?? []),
    set: (job, names) => {
      job.imports = append(job.imports, names);
    },
  }),
  stanza({
    words: 'tmpfiles',
    dialects: CHROMEOS,
    help: 'Files that say which folders and files are made before the job runs. May be repeated.',
    example: 'tmpfiles /usr/lib/tmpfiles.d/fwupd.conf',
    arguments: [argument('FILE', text, 'some')],
    get: ({ tmpfiles }) => listOf(tmpfiles ?? []),
    set: (job, files) => {
      job.tmpfiles = append(job.tmpfiles, files);
    },
  }),
];
