import { createXen } from '../domain/xen/hypervisor.ts';
import { findXenTools } from '../domain/xen/tools.ts';
import { createXl } from '../domain/xen/xl.ts';
import { findGuestTools } from '../host/find-host.ts';
import { toXenConfig } from '../language/xen/to-config.ts';
import type { Clock } from '../ports/clock.ts';
import type { Host } from './host-domains.ts';
import { createHostImages } from './host-images.ts';

/** Milliseconds: who does not answer by then is not there. */
const ANSWER_LIMIT = 5000;

/** Whether domains run under Xen here where they do not say: `xl` is there, may and does answer. */
export async function xenAnswers(clock: Clock): Promise<boolean> {
  try {
    const { xl } = findXenTools();
    return (await createXl({ command: xl, clock, callLimit: ANSWER_LIMIT }).call('list')).ok;
  } catch {
    return false;
  }
}

/** Finds Xen's tools and what guests are made from. Throws `host-incapable`. */
export async function findXenHost(options: {
  readonly clock: Clock;
  readonly cache: string;
  readonly signal: AbortSignal;
}): Promise<Host> {
  const { clock, cache, signal } = options;
  const tools = findXenTools();
  const guestTools = await findGuestTools({ cache, signal });
  return {
    images: createHostImages({ tools: guestTools, cache, hypervisor: 'xen' }),
    hypervisor: createXen({ tools, clock, printConfig: toXenConfig }),
  };
}
