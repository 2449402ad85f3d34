/**
 * What the guest's init says to the host, on the console itself, so that it works wherever there
 * is a console (QEMU's serial line, Xen's hvc0). A mark is a line
 *
 *     domstart:TOKEN:WORD[ VALUE]
 *
 * TOKEN is random for each run and stands only in the guest's init, so that no program prints a
 * mark by accident. The host takes marks out of what people see. A mark may stand behind output
 * that lacks its line end: `text without enddomstart:TOKEN:exit 0`.
 */
export const MARK_WORDS = ['init', 'job', 'memory', 'exit'] as const;

/**
 * init    the guest's init runs: boot is over
 * job     the job begins (value: 1/100 s since boot)
 * memory  KiB in use (MemTotal - MemAvailable) when the job had ended
 * exit    the job's exit status, as sh tells it: 0-255, 128+N for signal N
 */
export type MarkWord = (typeof MARK_WORDS)[number];

export interface Mark {
  readonly word: MarkWord;
  readonly value: string;
}

export function markPrefix(token: string): string {
  return `domstart:${token}:`;
}

/** The line that a guest prints which waits for what its run brings (guest/waiting-init.ts). */
export function waitingMark(token: string): string {
  return `${markPrefix(token)}waits`;
}
