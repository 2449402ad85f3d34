import type { Clock } from '../ports/clock.ts';
import type { RunReport } from '../ports/main-process.ts';

type Phase = 'image' | 'create' | 'boot' | 'guest' | 'kept' | 'shutdown' | 'teardown';

/** One phase at a time: to begin one ends the one before it. */
export interface Phases {
  begin(phase: Phase, detail?: string): void;
  note(phase: Phase, detail: string): void;
  /** Ends the phase that is going on; nothing where none is. */
  end(detail?: string): void;
}

export function createPhases(report: RunReport, clock: Clock): Phases {
  let current: { readonly phase: Phase; readonly since: number } | undefined;

  function end(detail?: string): void {
    if (current === undefined) return;
    const { phase, since } = current;
    current = undefined;
    const ms = clock.now() - since;
    report.progress({ kind: 'end', phase, ms, ...(detail !== undefined && { detail }) });
  }

  return {
    begin(phase, detail) {
      end();
      current = { phase, since: clock.now() };
      report.progress({ kind: 'begin', phase, ...(detail !== undefined && { detail }) });
    },
    note: (phase, detail) => report.progress({ kind: 'note', phase, detail }),
    end,
  };
}
