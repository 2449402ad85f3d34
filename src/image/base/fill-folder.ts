import { join } from 'node:path';
import { DomstartError } from '../../model/errors.ts';
import type { BaseRequest, BaseSource } from './base.ts';
import { layerKey } from './base-key.ts';
import type { BaseFolder } from './base-target.ts';
import { UNPACK } from './clean-root.ts';
import { lastLines } from './faults.ts';
import { runGuarded } from './guarded.ts';
import { plainPlan } from './plain-plan.ts';
import { withWorkFolder } from './work-folder.ts';

/** A base that is to be made in a folder instead of being kept as a tar. */
export interface FolderPlan {
  /** The one that `obtainBase` gives the same base. */
  readonly key: string;
  /** Makes it there, as root. `epoch`: seconds since 1970; no file that a tool has made is later. */
  fill(folder: BaseFolder): Promise<{ readonly epoch: number }>;
}

/**
 * Has `use` make the base of a request in a folder. Looks for news of the archives, whatever
 * `mayFetch` says; more than once where they change meanwhile. Throws what `obtainBase` throws.
 */
export async function withFolderPlan<T>(
  request: BaseRequest,
  use: (plan: FolderPlan) => Promise<T>,
): Promise<T> {
  const { source } = request;
  if (source.kind === 'debootstrap') {
    const { withDebootstrapPlan } = await import('./debootstrap-base.ts');
    return withDebootstrapPlan({ ...request, source }, (plan) => use(withLayer(request, plan)));
  }
  return use(withLayer(request, await unpacked(request, source)));
}

async function unpacked(
  request: BaseRequest,
  source: Extract<BaseSource, { readonly path: string }>,
): Promise<FolderPlan> {
  const { key, make } = await plainPlan(request, source);
  return {
    key,
    fill: (folder) =>
      withWorkFolder(request.cache, { root: true }, async (work) => {
        const { epoch } = await make(work);
        await unpack(join(work, 'root.tar'), folder, request);
        return { epoch };
      }),
  };
}

async function unpack(
  tar: string,
  { folder, enter }: BaseFolder,
  { source, signal, onProgress }: BaseRequest,
): Promise<void> {
  onProgress('unpacks it');
  const command = enter(['tar', '-C', folder, ...UNPACK, '-xpf', tar]);
  const result = await runGuarded(command, { signal });
  if (result.ok) return;
  const what = source.kind === 'debootstrap' ? source.suite : source.path;
  throw new DomstartError('host-io', `cannot unpack ${what}:\n${lastLines(result.lines)}`);
}

/** With what `obtainBase` makes a layer for. */
function withLayer(request: BaseRequest, plan: FolderPlan): FolderPlan {
  const { source, packages = [], scripts = [], copies = [], cache } = request;
  const layer = { packages: source.kind === 'debootstrap' ? [] : packages, scripts, copies };
  if (layer.packages.length === 0 && scripts.length === 0) return plan;
  return {
    key: layerKey(plan.key, layer),
    async fill(folder) {
      const { epoch } = await plan.fill(folder);
      const { runLayer } = await import('./layer-base.ts');
      await withWorkFolder(cache, { root: true }, (work) =>
        runLayer({ request: { ...request, ...layer }, work, epoch, target: folder }),
      );
      return { epoch };
    },
  };
}
