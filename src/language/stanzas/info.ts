/** What a job says about itself. */
import { argument, EVERY, flag, given, MODERN, type Stanza, stanza } from './stanza.ts';
import { text } from './words.ts';

export const INFO_STANZAS: readonly Stanza[] = [
  stanza({
    words: 'description',
    dialects: EVERY,
    help: 'A sentence about the job, shown to people.',
    example: 'description "Run one program in a throwaway domain"',
    arguments: [argument('TEXT', text)],
    once: { dialect: 'event.d', slot: 'description' },
    direct: true,
    get: ({ description }) => given(description),
    set: (job, value) => {
      job.description = value;
    },
  }),
  stanza({
    words: 'author',
    dialects: EVERY,
    help: 'Who wrote the job.',
    example: 'author "A. Writer <writer@example.org>"',
    arguments: [argument('TEXT', text)],
    once: { dialect: 'event.d', slot: 'author' },
    direct: true,
    get: ({ author }) => given(author),
    set: (job, value) => {
      job.author = value;
    },
  }),
  stanza({
    words: 'version',
    dialects: EVERY,
    help: 'The version of the job file.',
    example: 'version "1.0"',
    arguments: [argument('TEXT', text)],
    once: { dialect: 'event.d', slot: 'version' },
    direct: true,
    get: ({ version }) => given(version),
    set: (job, value) => {
      job.version = value;
    },
  }),
  stanza({
    words: 'usage',
    dialects: MODERN,
    help: 'Which variables the job wants; shown when one is missing.',
    example: 'usage "FILE - the program to run"',
    arguments: [argument('TEXT', text)],
    direct: true,
    get: ({ usage }) => given(usage),
    set: (job, value) => {
      job.usage = value;
    },
  }),
  flag({
    words: 'task',
    dialects: MODERN,
    help: 'The job is done when it has run: what started it waits for its end, not its start.',
    example: 'task',
    direct: true,
    get: ({ task }) => task,
    set: (job) => {
      job.task = true;
    },
  }),
  flag({
    words: 'service',
    dialects: ['event.d'],
    help: 'What started the job waits until it runs; without it, until it has ended.',
    example: 'service',
    once: { dialect: 'event.d', slot: 'service', unless: 'respawn' },
    get: ({ task, respawn }) => !task && !respawn,
    set: (job) => {
      job.task = false;
    },
  }),
  stanza({
    words: 'instance',
    dialects: MODERN,
    help: 'A pattern; for each different result of its expansion one instance can run.',
    example: 'instance $FILE',
    arguments: [argument('PATTERN', text)],
    get: ({ instance }) => given(instance),
    set: (job, value) => {
      job.instance = value;
    },
  }),
  flag({
    words: 'instance',
    dialects: ['event.d'],
    help: 'Every start makes another instance.',
    example: 'instance',
    once: { dialect: 'event.d', slot: 'instance' },
    get: ({ instanceEach }) => instanceEach === true,
    set: (job) => {
      job.instanceEach = true;
    },
  }),
  stanza({
    words: 'debug',
    dialects: MODERN,
    help: 'Stops each process before it runs its program, where init runs with --debug.',
    example: 'debug',
    arguments: [],
    end: 'unchecked',
    get: ({ debug }) => (debug === true ? [[]] : []),
    set: (job) => {
      job.debug = true;
    },
  }),
];
