import { refuseVendor } from '../embed/refuse-vendor.ts';
import type { Engine } from '../engine/engine.ts';
import type { JobDefinition } from '../model/job.ts';
import type { JobChange } from './job-folders/change.ts';

/** Tells what happened to a job file, and does to the engine what follows from it. */
export function onJobChange(
  engine: Engine,
  change: JobChange,
  complete: (job: JobDefinition) => JobDefinition,
): void {
  switch (change.kind) {
    case 'load':
    case 'override':
      engine.announce('configuration', {
        kind: change.kind,
        job: change.job,
        file: change.file,
      });
      return;
    case 'deleted':
      engine.announce('configuration', { kind: 'deleted', file: change.file });
      return;
    case 'diagnostics':
      tell(engine, change);
      return;
    case 'define':
      // What a job was before it became one that cannot be run stays, as with a file that is broken.
      refuseVendor(change.job);
      engine.define(complete(change.job));
      return;
    case 'undefine':
      engine.undefine(change.name);
      return;
    case 'problem': {
      const { message, hint } = change.error;
      engine.announce('notice', {
        text: hint === undefined ? message : `${message} (${hint})`,
        severity: 'warning',
      });
    }
  }
}

type Told = Extract<JobChange, { kind: 'diagnostics' }>;

function tell(engine: Engine, { file, diagnostics, effect }: Told): void {
  for (const { severity, code, message, hint, span } of diagnostics) {
    const { line, column } = span;
    engine.announce('configuration', {
      kind: severity,
      file,
      line,
      column,
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      effect,
    });
  }
}
