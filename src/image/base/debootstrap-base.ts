import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isEntryName } from '../store/kinds.ts';
import { readManifest } from '../store/manifest.ts';
import { findEntry, type Obtained } from '../store/obtain.ts';
import { debootstrapLine } from './base-key.ts';
import type { BaseFolder } from './base-target.ts';
import { chooseSources } from './choose-sources.ts';
import { isSilence } from './faults.ts';
import type { FolderPlan } from './fill-folder.ts';
import { hostCodename, readHostSources } from './host-sources.ts';
import { type MadeBase, notBuilt } from './made-base.ts';
import {
  type Building,
  type DebootstrapRequest,
  fetchNews,
  makeBase,
  type Plan,
  withBootstrap,
} from './make-debootstrapped.ts';
import type { ArchiveState } from './release.ts';
import { isRoot, withWorkFolder } from './work-folder.ts';
import { writeSources } from './write-sources.ts';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** A base of Debian or Ubuntu: see `obtainBase`. */
export async function debootstrapBase(request: DebootstrapRequest): Promise<Obtained<MadeBase>> {
  const { source, cache, mayFetch } = request;
  const plan = await makePlan(request);
  const newest = await findNewest(cache, plan.line);
  if (!mayFetch) {
    if (newest !== undefined) return newest;
    throw notBuilt(`base ${source.suite}${withPackages(plan)}`, request);
  }
  return withBuilding(request, plan, async (building) => {
    const news = await lookForNews(building, newest);
    if (news === undefined && newest !== undefined) return newest;
    newest?.[Symbol.dispose]();
    return makeBase(building, news);
  });
}

/** Has `use` make such a base in a folder: see `withFolderPlan`. */
export async function withDebootstrapPlan<T>(
  request: DebootstrapRequest,
  use: (plan: FolderPlan) => Promise<T>,
): Promise<T> {
  return withBuilding(request, await makePlan(request), (building) =>
    withBootstrap(building, undefined, ({ key, state, run }) => {
      const fill = async (folder: BaseFolder) => {
        await run(folder);
        return { epoch: state.epoch };
      };
      return use({ key, fill });
    }),
  );
}

function withBuilding<T>(
  request: DebootstrapRequest,
  plan: Plan,
  use: (building: Building) => Promise<T>,
): Promise<T> {
  return withWorkFolder(request.cache, { root: isRoot() }, async (work) => {
    const files = await writeSources(plan.chosen, { folder: work, apt: plan.apt });
    return use({ ...request, ...plan, files, work });
  });
}

/** The state of the archives; undefined where the newest base is of that, or nobody can say. */
async function lookForNews(
  building: Building,
  newest: Obtained<MadeBase> | undefined,
): Promise<ArchiveState | undefined> {
  const { chosen, onProgress } = building;
  try {
    const state = await fetchNews(building);
    return newest !== undefined && isOf(newest.manifest, state) ? undefined : state;
  } catch (error) {
    if (newest === undefined || !isSilence(error)) {
      newest?.[Symbol.dispose]();
      throw error;
    }
    onProgress(`${chosen.sources[0].uri} does not answer: takes the base that is there`);
    return undefined;
  }
}

function isOf({ archive }: MadeBase, state: ArchiveState): boolean {
  return archive?.digest === state.digest && archive.epoch === state.epoch;
}

function withPackages({ packages }: Plan): string {
  return packages.length === 0 ? '' : ` with ${packages.join(', ')}`;
}

async function makePlan({
  source,
  packages = [],
  apt = '/etc/apt',
}: DebootstrapRequest): Promise<Plan> {
  const architecture = ARCHITECTURES[process.arch] ?? process.arch;
  const chosen = chooseSources({
    ...{ suite: source.suite, mirror: source.mirror, architecture },
    host: await readHostSources(apt),
    codename: await hostCodename(),
  });
  const sorted = [...new Set(packages)].sort();
  const line = debootstrapLine(chosen, { packages: sorted, architecture });
  return { chosen, line, packages: sorted, architecture, apt };
}

/** The base of that line whose archives were the latest. */
async function findNewest(cache: string, line: string): Promise<Obtained<MadeBase> | undefined> {
  const names = (await readdir(join(cache, 'bases')).catch(() => [])).filter(isEntryName);
  const found = await Promise.all(
    names.map((name) => readManifest<MadeBase>(join(cache, 'bases', name), 'bases')),
  );
  const ofLine = found.filter((one) => one?.line === line).filter((one) => one !== undefined);
  const latestFirst = ofLine.sort((a, b) => (a.created < b.created ? 1 : -1));
  for (const { kind, key } of latestFirst) {
    const entry = await findEntry<MadeBase>({ cache, kind, key });
    if (entry !== undefined) return entry;
  }
  return undefined;
}
