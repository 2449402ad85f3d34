/** What the stanzas of a job say of its image. */
import type { ImageCopy } from '../model/domain.ts';
import type { ImageWish } from '../ports/images.ts';
import { expandPattern } from './expand-pattern.ts';

/** Whether it is the same in every run, so that it is a part of the image that runs share. */
export function isConstant({ source, target }: ImageCopy): boolean {
  return !source.includes('$') && !target.includes('$');
}

/** Without a stanza the name of the domain, or of the job inside. */
export function hostnameOf({ domain, environment }: ImageWish): string {
  const name = domain.image.hostname ?? domain.name ?? domain.guest?.job.name ?? 'domstart';
  return expandPattern(name, environment, `image hostname ${name}`);
}
