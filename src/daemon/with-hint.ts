import type { DomstartError } from '../model/errors.ts';

/** In one line, for notices. */
export function withHint({ message, hint }: DomstartError): string {
  return hint === undefined ? message : `${message} (${hint})`;
}
