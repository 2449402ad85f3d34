import type { DomstartError } from '../model/errors.ts';

/**
 * The message as Upstart has it, for scripts that know its words: an error of ours that stands for
 * one of Upstart's has it as its cause.
 */
export function upstartWords({ message, cause }: DomstartError): string {
  const isPlain = cause instanceof Error && cause.name === 'Error' && !('code' in cause);
  return isPlain ? cause.message : message;
}
