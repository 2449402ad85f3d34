import { chmod, mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DomstartError } from '../../model/errors.ts';
import { findExecutable } from '../../system/find-executable.ts';
import { type Obtained, obtain } from '../store/obtain.ts';
import type { BaseRequest, BaseSource } from './base.ts';
import { debootstrapKey } from './base-key.ts';
import type { ChosenSources } from './choose-sources.ts';
import { OUT } from './clean-root.ts';
import { runDebootstrap } from './debootstrap.ts';
import { parseStatus } from './dpkg-status.ts';
import { fetchState, readState } from './fetch-state.ts';
import { type BootstrapTool, findTool } from './find-tool.ts';
import type { MadeBase } from './made-base.ts';
import { measureTar } from './measure-tar.ts';
import { runMmdebstrap } from './mmdebstrap.ts';
import type { ArchiveState } from './release.ts';
import { isRoot } from './work-folder.ts';
import type { SourceFiles } from './write-sources.ts';

export type DebootstrapRequest = BaseRequest & {
  readonly source: Extract<BaseSource, { kind: 'debootstrap' }>;
};

/** What is asked for, with what the host says of it. */
export interface Plan {
  readonly chosen: ChosenSources;
  readonly line: string;
  readonly packages: readonly string[];
  readonly architecture: string;
  readonly apt: string;
}

export interface Building extends Omit<DebootstrapRequest, 'packages' | 'apt'>, Plan {
  readonly files: SourceFiles;
  /** The folder of this build. */
  readonly work: string;
}

/** Seconds that the archives have to say what is new. */
const TIME_LIMIT = 20;

/** The state of the archives now. */
export async function fetchNews(building: Building): Promise<ArchiveState> {
  if (findExecutable('apt-get') === undefined) {
    throw new DomstartError('host-incapable', 'this host lacks apt-get, which fetches packages', {
      hint: 'bases of Debian and Ubuntu are built on such a system; `image from tar FILE` works here',
    });
  }
  const { work, timeLimit = TIME_LIMIT } = building;
  const folder = join(work, 'news');
  await mkdir(folder, { recursive: true });
  return fetchState({ ...building, folder, timeLimit });
}

/** The base of a state of the archives, of the cache or made by the tool that is here. */
export async function makeBase(
  building: Building,
  news: ArchiveState | undefined,
): Promise<Obtained<MadeBase>> {
  const tool = await findTool(building.tool, { root: isRoot() });
  const state = news ?? (await fetchNews(building));
  try {
    return await obtainOf(building, tool, state);
  } catch (error) {
    // The archives have changed between our look and that of the tool: once in a while, not twice.
    if (!(error instanceof ArchiveMoved)) throw error;
    return obtainOf(building, tool, error.state);
  }
}

class ArchiveMoved extends Error {
  readonly state: ArchiveState;

  constructor(state: ArchiveState) {
    super('the archives change again and again while the base is built; try later');
    this.state = state;
  }
}

function obtainOf(
  building: Building,
  tool: BootstrapTool,
  state: ArchiveState,
): Promise<Obtained<MadeBase>> {
  const { cache, source, signal, onProgress } = building;
  return obtain<MadeBase>({
    ...{ cache, kind: 'bases', signal, onProgress },
    key: debootstrapKey(building.line, state, tool),
    what: `the base ${source.suite}`,
    make: (folder) => runTool({ building, tool, state, folder }),
  });
}

async function runTool({
  building,
  tool,
  state,
  folder,
}: {
  readonly building: Building;
  readonly tool: BootstrapTool;
  readonly state: ArchiveState;
  readonly folder: string;
}): Promise<MadeBase> {
  const { source, chosen, work, line, architecture, signal, onProgress } = building;
  const { suite, uri } = chosen.sources[0];
  const tar = join(folder, 'root.tar');
  const attempt = await mkdtemp(join(work, 'build-'));
  await chmod(attempt, 0o711);
  const out = join(attempt, 'out');
  await mkdir(out);
  onProgress(`${tool.name} makes the base ${suite}`);
  const run = tool.name === 'mmdebstrap' ? runMmdebstrap : runDebootstrap;
  await run({
    ...building,
    ...{ file: tool.file, epoch: state.epoch, tar, out, folder: attempt, root: isRoot() },
    context: { what: `make the base ${suite}`, suite, uri },
  });
  const found = await readState(join(out, OUT), chosen, architecture);
  if (found !== undefined && (found.digest !== state.digest || found.epoch !== state.epoch)) {
    throw new ArchiveMoved(found);
  }
  const { contentBytes, entries } = await measureTar(tar, signal);
  return {
    ...{ source, line, epoch: state.epoch, contentBytes, entries, archive: state },
    tool: { name: tool.name, version: tool.version },
    packages: parseStatus(await readFile(join(out, OUT, 'status'), 'utf8')),
  };
}
