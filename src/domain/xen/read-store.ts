import type { Clock } from '../../ports/clock.ts';
import { collectText, startProgram } from './program.ts';

/** Milliseconds: without xenstored nobody answers. */
const ANSWER_LIMIT = 20_000;

/** What Xen's store has at this path; undefined where it has nothing, or does not answer in time. */
export async function readStore(path: string, clock: Clock): Promise<string | undefined> {
  const program = startProgram(['xenstore-read', path]);
  const text = collectText(program);
  const forget = clock.after(ANSWER_LIMIT, program.kill);
  const { status } = await program.closed;
  forget();
  return status === 0 ? text().trim() : undefined;
}
