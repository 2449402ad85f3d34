import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJob } from '../../src/language/parse-job.ts';
import type { Dialect, JobDefinition } from '../../src/model/job.ts';
import { readCases } from '../support/language-cases.ts';

/** A job file of the tests. */
export interface JobText {
  readonly file: string;
  readonly dialect: Dialect;
  readonly text: string;
  /** Of this repository, where it is a file of one. */
  readonly folder?: string;
}

export interface ValidJob extends JobText {
  readonly job: JobDefinition;
}

const ROOT = join(import.meta.dirname, '../..');
const CORPUS = join(ROOT, '../shared/corpus');

/** Job files that other people wrote are beside the repository, or not there at all. */
export const corpusIsThere = existsSync(join(CORPUS, 'manifest.tsv'));

export const CORPUS_KINDS = ['eventd', 'init', 'chromeos', 'override', 'templated'] as const;

/** The corpus files of one kind. */
export function corpusTexts(kind: (typeof CORPUS_KINDS)[number]): JobText[] {
  return readdirSync(join(CORPUS, 'open', kind)).map((name) => ({
    file: name,
    dialect: kind === 'eventd' ? 'event.d' : 'init',
    text: readFileSync(join(CORPUS, 'open', kind, name), 'utf8'),
  }));
}

/** Every job file and every case of this repository. */
export function ownTexts(): JobText[] {
  return [
    ...folderTexts('test/language/upstart-cases', 'init', /\.conf$/),
    ...folderTexts('test/language/upstart-cases-0.3', 'event.d', /^(?!.*\.verdict$)/),
    ...folderTexts('jobs', 'domstart', /\.conf$/),
    ...folderTexts('test/cli/jobs', 'domstart', /\.conf$/),
    ...caseTexts(),
  ];
}

function folderTexts(folder: string, dialect: Dialect, names: RegExp): JobText[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => names.test(name))
    .map((file) => ({
      file,
      folder,
      dialect,
      text: readFileSync(join(ROOT, folder, file), 'utf8'),
    }));
}

function caseTexts(): JobText[] {
  const folder = join(ROOT, 'test/language/cases');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .flatMap((name) =>
      readCases(join(folder, name)).map((one) => ({
        file: `${name}: ${one.name}`,
        dialect: one.dialect,
        text: one.text,
      })),
    );
}

/** Those that are valid, with their jobs. */
export function validJobs(texts: readonly JobText[]): ValidJob[] {
  return texts.flatMap((text) => {
    const { job } = parseJob({ ...text, name: 'job' });
    return job === undefined ? [] : [{ ...text, job }];
  });
}
