/**
 * Domstart as a library: jobs are loaded, an engine is made, jobs are started, their console is
 * read and their result awaited. It writes nothing to standard output or error.
 */
export {
  type Announcements,
  type CallOptions,
  createEngine,
  Engine,
  type EngineOptions,
  type RunResult,
} from './embed/engine.ts';
export { JobFileError, type LoadOptions, loadJobs } from './embed/load-jobs.ts';
export { type JobFile, type OverrideFile, type ReadOptions, readJobs } from './embed/read-jobs.ts';
export type { Outcome, Run } from './embed/run.ts';
export { parseJob } from './language/parse-job.ts';
export { renderDiagnostic } from './language/render-diagnostic.ts';
export type { Diagnostic, Span } from './model/diagnostic.ts';
export { DomstartError, type ErrorCode } from './model/errors.ts';
export type { Dialect, JobDefinition } from './model/job.ts';
