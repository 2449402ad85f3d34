import { type DomstartError, messageOf } from './errors.ts';

/** An error for programs and logs: what JSON.stringify makes of an Error lacks its message. */
export function errorJson({ code, message, hint, cause }: DomstartError) {
  return {
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause: messageOf(cause) }),
  };
}
