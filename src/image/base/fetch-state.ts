import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChosenSources } from './choose-sources.ts';
import { type FaultContext, toolError } from './faults.ts';
import { runGuarded } from './guarded.ts';
import { type ArchiveState, readReleases } from './release.ts';
import type { SourceFiles } from './write-sources.ts';

export interface FetchStateRequest {
  readonly chosen: ChosenSources;
  readonly files: SourceFiles;
  /** An empty folder of the build. */
  readonly folder: string;
  readonly architecture: string;
  /** Seconds for all of them. */
  readonly timeLimit: number;
  readonly signal: AbortSignal;
}

/**
 * The state of the archives now: their Release files alone, some hundred kilobytes, by apt, which
 * knows about proxies and passwords and checks the signatures. Throws `host-incapable` where they do
 * not answer, `job-invalid` where there is no such suite.
 */
export async function fetchState(request: FetchStateRequest): Promise<ArchiveState> {
  const { chosen, folder, architecture, timeLimit, signal } = request;
  const { suite, uri } = chosen.sources[0];
  const context: FaultContext = { what: `look for news of ${suite}`, suite, uri };
  const lists = join(folder, 'lists');
  await mkdir(join(lists, 'partial'), { recursive: true });
  const settings = aptSettings(request, lists).flatMap((setting) => ['-o', setting]);
  const result = await runGuarded(['apt-get', ...settings, 'update'], {
    ...{ signal, timeLimit, writes: folder },
  });
  if (result.isLate) throw toolError(context, ['timed out']);
  if (!result.ok) throw toolError(context, result.lines);
  const state = await readState(lists, chosen, architecture);
  if (state !== undefined) return state;
  // An archive that is trusted without a signature may do without a Release, for apt.
  throw toolError(context, ['does not have a Release file']);
}

function aptSettings(
  { files, timeLimit, architecture }: FetchStateRequest,
  lists: string,
): string[] {
  return [
    `Dir::Etc::SourceList=${files.building}`,
    'Dir::Etc::SourceParts=/dev/null',
    ...(files.keyrings === undefined ? [] : [`Dir::Etc::TrustedParts=${files.keyrings}`]),
    `Dir::State::Lists=${lists}`,
    `Dir::Cache=${join(lists, '../cache')}`,
    `APT::Architecture=${architecture}`,
    'APT::Sandbox::User=',
    'APT::Update::Error-Mode=any',
    `Acquire::http::Timeout=${timeLimit}`,
    `Acquire::https::Timeout=${timeLimit}`,
    'Acquire::Retries=0',
    'Acquire::Languages=none',
    // What is not downloaded by default is not downloaded at all: the Release files are what is left.
    'Acquire::IndexTargets::deb::Packages::DefaultEnabled=false',
    'Acquire::IndexTargets::deb::Translations::DefaultEnabled=false',
  ];
}

/** What Release files in a folder say; undefined where there are none. */
export async function readState(
  folder: string,
  { sources }: ChosenSources,
  architecture: string,
): Promise<ArchiveState | undefined> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('Release'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const components = [...new Set(sources.flatMap((source) => source.components))];
  return readReleases(texts, { suite: sources[0].suite, components, architecture });
}
