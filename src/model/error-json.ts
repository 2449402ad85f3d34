import type { DomstartError } from './errors.ts';

/** An error for programs and logs: what JSON.stringify makes of an Error lacks its message. */
export function errorJson({ code, message, hint }: DomstartError) {
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}
