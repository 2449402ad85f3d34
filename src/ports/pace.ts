/**
 * Who takes the output says with this how fast it may come: a promise means that it has enough for
 * now, and sources of output are not read on before it settles. The programs behind them then wait
 * in their writes, as they do for a slow terminal.
 */
export type Pace = () => Promise<unknown> | undefined;

/** As slow as the slower one. */
export function slowerPace(one: Pace | undefined, other: Pace | undefined): Pace | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return () => {
    const [first, second] = [one(), other()];
    return first === undefined || second === undefined
      ? (first ?? second)
      : Promise.all([first, second]);
  };
}

/** Of a stream, what pacing needs. */
interface Source {
  pause(): unknown;
  resume(): unknown;
}

export interface Pacer {
  /** Something was read and passed on. */
  took(): void;
  /** Reads on whatever the pace: what wrote it is gone, so little is left and nothing may wait. */
  lift(): void;
  /** The pace counts again: somebody else writes. */
  impose(): void;
}

export function createPacer(source: Source, pace: Pace = () => undefined): Pacer {
  let lifted = false;
  let paused = false;

  function goOn(): void {
    if (!paused) return;
    paused = false;
    source.resume();
  }

  return {
    took() {
      if (lifted || paused) return;
      const enough = pace();
      if (enough === undefined) return;
      paused = true;
      source.pause();
      enough.then(goOn, goOn);
    },
    lift() {
      lifted = true;
      goOn();
    },
    impose() {
      lifted = false;
    },
  };
}
