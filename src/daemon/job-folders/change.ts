import type { Diagnostic } from '../../model/diagnostic.ts';
import type { DomstartError } from '../../model/errors.ts';
import type { JobDefinition } from '../../model/job.ts';

/** A file of a folder of jobs. */
export interface FileName {
  /** Below its folder, as Upstart tells it: `sub/one.conf`. */
  readonly file: string;
  readonly path: string;
}

/** What became of a job whose file was read. */
export type Effect =
  /** The file defines it. */
  | 'defined'
  /** The file is broken, and the job stays as it was. */
  | 'kept'
  /** The file is broken and defines nothing. */
  | 'none';

/**
 * What happened to the job files, in the order in which a daemon tells it and does it. One file that
 * is read gives `load`, then its diagnostics, `override` with its own, and in the end `define`.
 */
export type JobChange =
  | ({ readonly kind: 'load'; readonly job: string } & FileName)
  /** On top of the job that was loaded before. */
  | ({ readonly kind: 'override'; readonly job: string } & FileName)
  | ({ readonly kind: 'deleted' } & FileName)
  /** Errors and warnings of a job file or override: there is at least one. */
  | ({
      readonly kind: 'diagnostics';
      readonly job: string;
      readonly diagnostics: readonly Diagnostic[];
      /** What the places in the diagnostics refer to. */
      readonly text: string;
      readonly effect: Effect;
    } & FileName)
  /** The job is new, or replaces the one of its name. */
  | { readonly kind: 'define'; readonly job: JobDefinition }
  | {
      readonly kind: 'undefine';
      readonly name: string;
      readonly reason: 'deleted' | 'broken';
    }
  /** A folder or file that is not read, and why. Told once, until it changes or all is reloaded. */
  | { readonly kind: 'problem'; readonly path: string; readonly error: DomstartError };
