import type { ImageWish } from '../ports/images.ts';
import type { ImageBuilderOptions } from './builder-options.ts';
import { building } from './building.ts';
import type { SharedImage } from './image-entry.ts';

export type { ImageWish } from '../ports/images.ts';

/** Of `image from busybox`, which has no disk: what all its runs have in memory. */
interface MemoryPart {
  readonly kind: 'memory';
  /** An archive of cpio. */
  readonly file: string;
  readonly cached: boolean;
}

export type Prepared = ({ readonly kind: 'disk' } & SharedImage) | MemoryPart;

/**
 * Makes what the runs of a job share, or finds it. By a mount it is made by a loop device, as root.
 * Throws a DomstartError.
 */
export function prepareImage(
  wish: ImageWish,
  options: ImageBuilderOptions & { readonly method: 'overlay' | 'mount' },
): Promise<Prepared> {
  return building(wish.signal, async () => {
    if (options.method === 'mount') {
      const { buildByMount } = await import('./mount/build-by-mount.ts');
      return { kind: 'disk', ...(await buildByMount(wish, options)) };
    }
    if (wish.domain.image.source.kind === 'busybox') {
      const { prepareBusybox } = await import('./busybox/busybox-image.ts');
      const { path, cached } = await prepareBusybox(wish, options);
      return { kind: 'memory', file: path, cached };
    }
    const { obtainImage } = await import('./obtain-image.ts');
    return { kind: 'disk', ...(await obtainImage(wish, options)) };
  });
}
