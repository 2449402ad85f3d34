import { DomstartError } from '../model/errors.ts';
import type { ShapeProblem } from './check-shape.ts';

/** An object is no job: keys or values that no job has. Each with the path to it. */
export class JobObjectError extends DomstartError {
  readonly #problems: readonly ShapeProblem[];

  constructor(name: string, problems: readonly ShapeProblem[]) {
    const count = problems.length === 1 ? '1 error' : `${problems.length} errors`;
    super('job-invalid', `${count} in ${name}\n${problems.map(line).join('\n')}`);
    this.name = 'JobObjectError';
    this.#problems = problems;
  }

  get problems(): readonly ShapeProblem[] {
    return this.#problems;
  }

  /** One line a problem. */
  render(): string {
    return this.#problems.map(line).join('\n');
  }
}

function line({ path, message, hint }: ShapeProblem): string {
  const what = path === '' ? message : `${path} ${message}`;
  return hint === undefined ? `  ${what}` : `  ${what}; ${hint}`;
}
