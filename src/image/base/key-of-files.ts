import type { BaseRequest } from './base.ts';
import { layerKey } from './base-key.ts';
import { plainPlan } from './plain-plan.ts';

/**
 * The key that the base of a tar or a folder has, without making it; undefined where archives have a
 * say in it. Throws `file-missing`.
 */
export async function keyOfFiles(request: BaseRequest): Promise<string | undefined> {
  const { source, packages = [], scripts = [], copies = [] } = request;
  if (source.kind === 'debootstrap') return undefined;
  const { key } = await plainPlan(request, source);
  if (packages.length === 0 && scripts.length === 0) return key;
  return layerKey(key, { packages, scripts, copies });
}
