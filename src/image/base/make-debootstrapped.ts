import { chmod, mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DomstartError } from '../../model/errors.ts';
import { findExecutable } from '../../system/find-executable.ts';
import { type Obtained, obtain } from '../store/obtain.ts';
import type { BaseRequest, BaseSource } from './base.ts';
import { debootstrapKey } from './base-key.ts';
import type { BaseTarget } from './base-target.ts';
import type { ChosenSources } from './choose-sources.ts';
import { OUT } from './clean-root.ts';
import { runDebootstrap } from './debootstrap.ts';
import { type InstalledPackage, parseStatus } from './dpkg-status.ts';
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
export function makeBase(
  building: Building,
  news: ArchiveState | undefined,
): Promise<Obtained<MadeBase>> {
  return withBootstrap(building, news, (bootstrap) => {
    const { cache, source, signal, onProgress } = building;
    return obtain<MadeBase>({
      ...{ cache, kind: 'bases', key: bootstrap.key, signal, onProgress },
      what: `the base ${source.suite}`,
      make: (folder) => makeTar(bootstrap, join(folder, 'root.tar'), building),
    });
  });
}

/** What the tool that is here makes of a state of the archives. */
export interface Bootstrap {
  readonly key: string;
  readonly state: ArchiveState;
  readonly tool: BootstrapTool;
  /** Makes it; returns what is installed. */
  run(target: BaseTarget): Promise<readonly InstalledPackage[]>;
}

/** Once more where the archives have changed between our look and that of the tool: not twice. */
export async function withBootstrap<T>(
  building: Building,
  news: ArchiveState | undefined,
  use: (bootstrap: Bootstrap) => Promise<T>,
): Promise<T> {
  const tool = await findTool(building.tool, { root: isRoot() });
  const bootstrapOf = (state: ArchiveState): Bootstrap => ({
    ...{ key: debootstrapKey(building.line, state, tool), state, tool },
    run: (target) => runTool({ building, tool, state, target }),
  });
  try {
    return await use(bootstrapOf(news ?? (await fetchNews(building))));
  } catch (error) {
    if (!(error instanceof ArchiveMoved)) throw error;
    return use(bootstrapOf(error.state));
  }
}

class ArchiveMoved extends Error {
  readonly state: ArchiveState;

  constructor(state: ArchiveState) {
    super('the archives change again and again while the base is built; try later');
    this.state = state;
  }
}

async function makeTar(
  { run, state, tool }: Bootstrap,
  tar: string,
  { source, line, signal }: Building,
): Promise<MadeBase> {
  const packages = await run({ kind: 'tar', file: tar });
  const { contentBytes, entries } = await measureTar(tar, { signal });
  return {
    ...{ source, line, epoch: state.epoch, contentBytes, entries, archive: state },
    tool: { name: tool.name, version: tool.version },
    packages,
  };
}

async function runTool({
  building,
  tool,
  state,
  target,
}: {
  readonly building: Building;
  readonly tool: BootstrapTool;
  readonly state: ArchiveState;
  readonly target: BaseTarget;
}): Promise<readonly InstalledPackage[]> {
  const { chosen, work, architecture, onProgress } = building;
  const { suite, uri } = chosen.sources[0];
  const attempt = await mkdtemp(join(work, 'build-'));
  await chmod(attempt, 0o711);
  const out = join(attempt, 'out');
  await mkdir(out);
  onProgress(`${tool.name} makes the base ${suite}`);
  const run = tool.name === 'mmdebstrap' ? runMmdebstrap : runDebootstrap;
  await run({
    ...building,
    ...{ file: tool.file, epoch: state.epoch, target, out, folder: attempt, root: isRoot() },
    context: { what: `make the base ${suite}`, suite, uri },
  });
  const found = await readState(join(out, OUT), chosen, architecture);
  if (found !== undefined && (found.digest !== state.digest || found.epoch !== state.epoch)) {
    throw new ArchiveMoved(found);
  }
  return parseStatus(await readFile(join(out, OUT, 'status'), 'utf8'));
}
