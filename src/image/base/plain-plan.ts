import type { BaseRequest, BaseSource } from './base.ts';
import type { PlainPlan } from './made-base.ts';

/** How a base of a file or a folder of this host is made. */
export async function plainPlan(
  request: BaseRequest,
  { kind, path }: Extract<BaseSource, { readonly path: string }>,
): Promise<PlainPlan> {
  if (kind === 'tar') {
    const { tarPlan } = await import('./tar-base.ts');
    return tarPlan(request, path);
  }
  const { directoryPlan } = await import('./directory-base.ts');
  return directoryPlan(request, path);
}
