import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DomstartError } from '../../model/errors.ts';

const NAME = 'kernel/optimised.config';

/** The fragment that the package ships; it is found from dist/ and from the source alike. */
export async function readFragment(): Promise<string> {
  const path = ['..', '../../..']
    .map((up) => join(import.meta.dirname, up, NAME))
    .find((it) => existsSync(it));
  if (path !== undefined) return readFile(path, 'utf8');
  throw new DomstartError('internal', `${NAME} is not in this installation of Domstart`);
}
