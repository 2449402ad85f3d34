import { DomstartError } from '../../model/errors.ts';
import { type AnswerLine, type Greeting, PROTOCOL } from './protocol.ts';

/** The first line of a daemon. Throws `protocol-broken`. */
export function readGreeting(line: string): Greeting {
  const value = readObject(line);
  const { domstart, protocol, pid } = value;
  if (typeof domstart !== 'string' || typeof protocol !== 'number' || typeof pid !== 'number') {
    throw protocolBroken(`it does not begin as a daemon does: ${shortened(line)}`);
  }
  if (protocol !== PROTOCOL) {
    throw new DomstartError(
      'protocol-broken',
      `the daemon is Domstart ${domstart} and speaks another protocol: ${protocol}, not ${PROTOCOL}`,
      { hint: 'use the command that belongs to it, or start the daemon anew' },
    );
  }
  return { domstart, protocol, pid };
}

/** Any later line. What an item consists of is the daemon's word. Throws `protocol-broken`. */
export function readAnswer(line: string): AnswerLine {
  const { id, item, done, error } = readObject(line);
  if (typeof id === 'number') {
    if (done === true) return { id, done };
    if (isObject(item) && typeof item['kind'] === 'string') {
      return { id, item } as unknown as AnswerLine;
    }
    if (isObject(error)) {
      const { code, message, hint } = error;
      if (typeof code === 'string' && typeof message === 'string') {
        return { id, error: { code, message, ...(typeof hint === 'string' ? { hint } : {}) } };
      }
    }
  }
  throw protocolBroken(`this is no answer: ${shortened(line)}`);
}

export function protocolBroken(what: string): DomstartError {
  return new DomstartError('protocol-broken', `what came from the daemon is nonsense: ${what}`, {
    hint: 'see whose socket it is; --socket and DOMSTART_SOCKET name another',
  });
}

function readObject(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Told below.
  }
  if (!isObject(value)) throw protocolBroken(`this is no message: ${shortened(line)}`);
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** It may hold anything, and is shown on a terminal. */
function shortened(line: string): string {
  return JSON.stringify(line.length > 60 ? `${line.slice(0, 60)}…` : line);
}
