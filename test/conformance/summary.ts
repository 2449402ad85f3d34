import type { Verdict } from './run-scenarios.ts';

/** `N passed, N failed`, and how many were skipped or not come to, where there are any. */
export function summaryOf(verdicts: readonly Verdict[], { of }: { readonly of: number }): string {
  const skipped = verdicts.filter((verdict) => verdict.skipped !== undefined).length;
  const passed = verdicts.filter((verdict) => verdict.passed).length;
  const missed = of - verdicts.length;
  return [
    `${passed} passed`,
    `${verdicts.length - passed - skipped} failed`,
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(missed > 0 ? [`${missed} not played`] : []),
  ].join(', ');
}
