import { DomstartError, toDomstartError } from '../model/errors.ts';
import type { BuiltImage, ImageBuilder, ImageRequest } from '../ports/images.ts';
import type { ImageBuilderOptions } from './builder-options.ts';
import { buildBusybox } from './busybox/busybox-image.ts';
import { refuseUnbuilt } from './unbuilt-stanzas.ts';

export type { ImageBuilderOptions } from './builder-options.ts';

/**
 * Makes what domains boot from: everything that runs share comes out of the cache, and a run adds
 * what is its own. Nothing is mounted and nothing needs root.
 */
export function createImageBuilder(options: ImageBuilderOptions): ImageBuilder {
  return {
    async build(request) {
      try {
        request.signal.throwIfAborted();
        refuseUnbuilt(request.domain);
        return await buildRoad(request, options);
      } catch (error) {
        if (request.signal.aborted) {
          throw new DomstartError('cancelled', 'building the image was cancelled', {
            cause: error,
          });
        }
        throw toDomstartError(error, 'host-io');
      }
    },
  };
}

async function buildRoad(request: ImageRequest, options: ImageBuilderOptions): Promise<BuiltImage> {
  if (request.domain.image.source.kind === 'busybox') return buildBusybox(request, options);
  // Loaded with the first of them: most guests live in memory.
  const { buildDisk } = await import('./disk-image.ts');
  return buildDisk(request, options);
}
