/** One phase of a run on the host's own time line; times in milliseconds. */
export interface Bar {
  readonly label: string;
  readonly from: number;
  readonly ms: number;
  readonly detail: string;
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/**
 * The phases as a waterfall, one line each: label, a bar at its place on the common time line,
 * its length, and a remark. Every bar is at least an eighth of a cell, so that nothing vanishes.
 */
export function drawWaterfall(bars: readonly Bar[], columns: number): string[] {
  const end = Math.max(1, ...bars.map((bar) => bar.from + bar.ms));
  const labelWidth = Math.max(0, ...bars.map((bar) => bar.label.length));
  const width = Math.max(10, Math.min(40, columns - labelWidth - 40));
  const cells = (ms: number) => Math.round((ms / end) * width * 8);
  return bars.map((bar) => {
    const from = Math.min(width - 1, Math.floor(cells(bar.from) / 8));
    const eighths = Math.max(1, cells(bar.ms));
    const drawn = '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
    const lane = (' '.repeat(from) + drawn).slice(0, width).padEnd(width);
    return `${bar.label.padEnd(labelWidth)}  ${lane}  ${formatMs(bar.ms).padStart(7)}  ${bar.detail}`.trimEnd();
  });
}

export function formatMs(ms: number): string {
  return ms < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** KiB as people read it. */
export function formatKib(kib: number): string {
  return `${(kib / 1024).toFixed(1)} MB`;
}
