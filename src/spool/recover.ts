import type { SpoolEntry } from '../ports/spool-journal.ts';

/** What lies in `work/RUN`. */
export interface Found {
  /** The file that was dropped. `consumed`: the job has moved or removed it. */
  readonly file: boolean | 'consumed';
  /** Attempts whose results have begun: their folders. */
  readonly attempts: readonly number[];
  /** The one whose result is whole: its run.json is written last. */
  readonly whole?: number;
}

export type Remedy =
  /** Its result is whole and not handed over. */
  | { readonly do: 'publish'; readonly attempt: number }
  /** It was cut off: this attempt is next. */
  | { readonly do: 'run'; readonly attempt: number }
  /** It was cut off as often as it may be, or cannot be run again. */
  | { readonly do: 'fail'; readonly attempt: number; readonly attempts: number }
  /** Its result was handed over, or it was never taken: what is left of it goes. */
  | { readonly do: 'forget' };

/**
 * What is to be done with a run that somebody was killed over, from what the journal says and what is
 * there. The folders alone are enough, where the journal was lost; what is there counts.
 */
export function remedyFor(
  entry: SpoolEntry | undefined,
  found: Found,
  { attempts }: { readonly attempts: number },
): Remedy {
  if (found.whole !== undefined) return { do: 'publish', attempt: found.whole };
  if (found.file === false) return { do: 'forget' };
  const last = Math.max(entry?.attempt ?? 0, ...found.attempts);
  if (last >= attempts || found.file === 'consumed') return { do: 'fail', attempt: last, attempts };
  return { do: 'run', attempt: last + 1 };
}
