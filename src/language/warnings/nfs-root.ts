/** A root that other guests have too, and that outlives them. */
import { valuesOf } from '../slots.ts';
import type { StanzaNode } from '../syntax.ts';
import { placeOf, stanzasOf, type Warning, type WrittenJob } from './written-job.ts';

/** Of the first stanza that asks for it: the others are of the same root. */
export function* nfsRoot(written: WrittenJob): Generator<Warning> {
  for (const found of stanzasOf(written)) {
    if (!asksForNfs(found.node)) continue;
    yield {
      code: 'nfs-root',
      message:
        'Root on NFS: the guest boots from its image, and only the kernel is told of that root',
      hint: 'put the files into the image: `image from directory DIR`, `image copy`; a root on NFS is slow, shared, and not thrown away',
      at: placeOf(found),
    };
    return;
  }
}

/** In the words of the kernel, or in those that xm had for it, which xl passes over. */
function asksForNfs(node: StanzaNode): boolean {
  const words = valuesOf(node)
    .flat()
    .flatMap((value) => String(value).split(/\s+/));
  switch (node.stanza.words) {
    case 'domain root':
      return words.includes('/dev/nfs');
    case 'domain extra':
      return words.some((word) => word === 'root=/dev/nfs' || word.startsWith('nfsroot='));
    case 'domain set':
      return /^nfs_(?:server|root)$/.test(words[0] ?? '');
    default:
      return false;
  }
}
