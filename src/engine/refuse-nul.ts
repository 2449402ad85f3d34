import type { Variable } from '../model/environment.ts';
import { DomstartError } from '../model/errors.ts';

/**
 * Throws `job-invalid` where a text holds NUL: whatever got it into its environment could not be
 * executed.
 */
export function refuseNul(texts: Iterable<string>): void {
  for (const text of texts) {
    if (!text.includes('\0')) continue;
    const shown = JSON.stringify(text.slice(0, 60));
    throw new DomstartError('job-invalid', `A NUL character is in ${shown}`, {
      hint: 'no process can be given one; put such data into a file, and give its name',
    });
  }
}

export function refuseNulIn(variables: readonly Variable[]): void {
  for (const { name, value } of variables) refuseNul([name, value]);
}
