import type { Match, Operand } from '../../model/condition.ts';
import { formatOperand } from '../../model/condition.ts';

const JOB_EVENTS = ['starting', 'started', 'stopping', 'stopped'];

/**
 * The job whose event a leaf waits for, as Upstart's initctl finds it: the first operand, or the
 * first that begins with `JOB=`. Undefined where it is no event of a job.
 */
export function namedJob({ event, operands }: Match): {
  readonly job?: string;
  readonly others: readonly string[];
} {
  const at = JOB_EVENTS.includes(event) ? operands.findIndex(namesJob) : -1;
  const job = operands[at]?.value;
  return {
    ...(job === undefined ? {} : { job }),
    others: operands.filter((_, index) => index !== at).map(formatOperand),
  };
}

function namesJob({ name, negated }: Operand, index: number): boolean {
  return name === undefined ? index === 0 : name === 'JOB' && !negated;
}
