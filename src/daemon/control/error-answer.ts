import { toDomstartError } from '../../model/errors.ts';
import { upstartWords } from '../upstart-words.ts';
import type { ErrorAnswer } from './protocol.ts';

/** What a client is told of an error: in Upstart's own words where it has any. */
export function toErrorAnswer(error: unknown): ErrorAnswer {
  const known = toDomstartError(error);
  const { code, hint } = known;
  const usage = /^usage: (.*)$/s.exec(hint ?? '')?.[1];
  const words = upstartWords(known);
  return {
    code,
    message: usage === undefined ? words : `${words}\nUsage: ${usage}`,
    ...(hint === undefined || usage !== undefined ? {} : { hint }),
  };
}
