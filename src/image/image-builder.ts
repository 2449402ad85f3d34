import type { BuiltImage, ImageBuilder, ImageRequest } from '../ports/images.ts';
import type { ImageBuilderOptions } from './builder-options.ts';
import { building } from './building.ts';
import { buildBusybox } from './busybox/busybox-image.ts';

export type { ImageBuilderOptions } from './builder-options.ts';

/**
 * Makes what domains boot from: everything that runs share comes out of the cache, and a run adds
 * what is its own. Nothing is mounted and nothing needs root.
 */
export function createImageBuilder(options: ImageBuilderOptions): ImageBuilder {
  return {
    build: (request) =>
      building(request.signal, () => {
        return buildRoad(request, options);
      }),
    blank: (request) =>
      building(request.signal, async () => {
        const { blankImage } = await import('./busybox/blank-image.ts');
        return blankImage(request, options);
      }),
  };
}

async function buildRoad(request: ImageRequest, options: ImageBuilderOptions): Promise<BuiltImage> {
  if (request.domain.image.source.kind === 'busybox') return buildBusybox(request, options);
  // Loaded with the first of them: most guests live in memory.
  const { buildDisk } = await import('./disk-image.ts');
  return buildDisk(request, options);
}
