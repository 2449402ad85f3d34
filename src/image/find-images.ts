import { DomstartError } from '../model/errors.ts';
import type { ImageWish } from '../ports/images.ts';
import type { ImageBuilderOptions } from './builder-options.ts';
import { building } from './building.ts';
import { editsOf } from './edits.ts';
import { recipeKey } from './image-entry.ts';
import { wantedOf } from './origin.ts';
import { type CacheEntry, listCache } from './store/list-cache.ts';

/** The images of the cache that are of this job, those made last first. Makes nothing. */
export function findImages(wish: ImageWish, options: ImageBuilderOptions): Promise<CacheEntry[]> {
  return building(wish.signal, async () => {
    const { source, volume } = wish.domain.image;
    if (source.kind === 'busybox' || source.kind === 'disk' || volume !== undefined) {
      const stanza = volume === undefined ? `from ${source.kind}` : `volume ${volume}`;
      throw new DomstartError(
        'not-supported',
        `of a job with \`image ${stanza}\` nobody knows its image beforehand`,
        { hint: 'name it by its key: `domstart image list`' },
      );
    }
    const edits = await editsOf(wish, options);
    const recipe = recipeKey(wish, await wantedOf(wish), edits);
    const made = ({ manifest }: CacheEntry) => manifest?.created ?? '';
    return (await listCache(options.cache))
      .filter(({ kind, manifest }) => kind === 'images' && manifest?.['recipe'] === recipe)
      .sort((a, b) => (made(a) < made(b) ? 1 : -1));
  });
}
