import { median } from './measure.ts';

/** One thing that was measured, some times over. */
export interface Figure {
  readonly name: string;
  /** Empty for a ratio or a count. */
  readonly unit: '' | 'µs' | 'ms' | 's' | 'MB' | '/s' | '/min';
  readonly values: readonly number[];
  /** What the issue asks: the median is at most this. */
  readonly goal?: number;
}

export interface Report {
  readonly figures: readonly Figure[];
  /** What was measured, in a line each. */
  readonly notes?: readonly string[];
}

/** Quotients of what was measured side by side. */
export function ratios(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.map((value, at) => value / (theirs[at] ?? Number.NaN));
}

export function renderReport({ figures, notes = [] }: Report): readonly string[] {
  const width = Math.max(0, ...figures.map(({ name }) => name.length));
  return [...notes, ...figures.map((figure) => `${figure.name.padEnd(width)}  ${render(figure)}`)];
}

/** `median unit (min-max), goal …`. */
function render({ unit, values, goal }: Figure): string {
  if (values.length === 0) return 'not measured';
  const digits = digitsFor(median(values));
  const show = (value: number) => value.toFixed(digits);
  const range =
    values.length === 1 ? '' : ` (${show(Math.min(...values))}-${show(Math.max(...values))})`;
  const measured = `${`${show(median(values))} ${unit}`.trimEnd()}${range}`;
  if (goal === undefined) return measured;
  const wanted = `goal at most ${goal} ${unit}`.trimEnd();
  return `${measured}, ${wanted}, ${isMet(values, goal) ? 'met' : 'missed'}`;
}

function isMet(values: readonly number[], goal: number): boolean {
  return median(values) <= goal;
}

function digitsFor(value: number): number {
  const size = Math.abs(value);
  if (size === 0 || size >= 100) return 0;
  return size >= 10 ? 1 : 3;
}

/** For programs: with the minimum, the median and the maximum. */
export function reportJson({ figures, notes = [] }: Report): object {
  return {
    notes,
    figures: figures.map((figure) => ({
      ...figure,
      min: Math.min(...figure.values),
      median: median(figure.values),
      max: Math.max(...figure.values),
      ...(figure.goal === undefined ? {} : { met: isMet(figure.values, figure.goal) }),
    })),
  };
}
