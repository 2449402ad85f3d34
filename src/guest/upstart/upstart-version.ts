import { DomstartError } from '../../model/errors.ts';
import type { FileTree } from '../../tree/file-tree.ts';
import { resolveInTree } from '../../tree/resolve.ts';
import type { UpstartInit } from './layout.ts';

const DPKG_STATUS = '/var/lib/dpkg/status';

/** Throws `not-supported` where dpkg's list in the tree tells of an Upstart that would not obey. */
export async function refuseOtherUpstart(tree: FileTree, init: UpstartInit): Promise<void> {
  const found = await resolveInTree(tree, DPKG_STATUS);
  if (found?.entry.kind !== 'file') return;
  const version = versionIn((await tree.read(found.path)).toString('latin1'));
  if (version === undefined) return;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const number = major * 1000 + minor;
  if (init === 'event.d' ? number < 5 : number >= 1003) return;
  const why =
    init === 'event.d' || number < 5
      ? `reads ${number < 5 ? '/etc/event.d' : '/etc/init'}`
      : 'knows no overrides, which turn the other jobs off (1.3 and later do)';
  throw new DomstartError(
    'not-supported',
    `the guest in ${tree.root} has Upstart ${version}: it ${why}`,
    {
      hint: `\`guest init ${init}\` is not for this guest`,
    },
  );
}

/** Of the package, as far as it is installed: `0.3.8`. */
function versionIn(status: string): string | undefined {
  const at = /^Package: upstart$/m.exec(status)?.index;
  if (at === undefined) return undefined;
  const [paragraph = ''] = status.slice(at).split('\n\n', 1);
  if (!/^Status: install ok installed$/m.test(paragraph)) return undefined;
  return /^Version: (?:\d+:)?(\d+(?:\.\d+)*)/m.exec(paragraph)?.[1];
}
