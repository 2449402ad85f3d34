import { errorJson } from '../model/error-json.ts';
import { DomstartError } from '../model/errors.ts';

/** What was told, as JSON can carry it: an error is `{code, message, hint}`. */
export function plainAnnouncement(told: object): object {
  if (!('error' in told) || !(told.error instanceof DomstartError)) return told;
  return { ...told, error: errorJson(told.error) };
}
