/** Upstart's, from the least to the most important; `message` is the default. */
export const LOG_PRIORITIES = ['debug', 'info', 'message', 'warn', 'error', 'fatal'] as const;
export type LogPriority = (typeof LOG_PRIORITIES)[number];

export function isLogPriority(text: string): text is LogPriority {
  return LOG_PRIORITIES.includes(text as LogPriority);
}

export function isBelow(one: LogPriority, other: LogPriority): boolean {
  return LOG_PRIORITIES.indexOf(one) < LOG_PRIORITIES.indexOf(other);
}
