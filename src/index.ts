/**
 * Domstart as a library: jobs are loaded or written down, an engine is made, events are emitted,
 * jobs are started, and what happens is told. It writes nothing to standard output or error, and
 * keeps nothing that two engines share. docs/embedding.md is the guide.
 */
export type { Announcement, AnnouncementFeed, FeedOptions } from './embed/announcement-feed.ts';
export type { ShapeProblem } from './embed/check-shape.ts';
export {
  type Announcements,
  type AnnouncementType,
  type CallOptions,
  type Clock,
  createEngine,
  type Ending,
  type Engine,
  type EngineOptions,
  type Goal,
  type HeldEvent,
  type InstanceStatus,
  type Listener,
  type OutputLine,
  type Pace,
  type Progress,
  type RunResult,
  type State,
  type Subscription,
} from './embed/engine.ts';
export type { DomainObject, GuestObject, ImageObject, JobObject } from './embed/job-object.ts';
export { JobObjectError } from './embed/job-object-error.ts';
export { JobFileError, type LoadOptions, loadJobs } from './embed/load-jobs.ts';
export { type JobFile, type OverrideFile, type ReadOptions, readJobs } from './embed/read-jobs.ts';
export type { Outcome, Run } from './embed/run.ts';
export { type JobSource, type JobText, toJob } from './embed/to-job.ts';
export {
  type JobMachine,
  type SimulatedConfig,
  type SimulatedEvent,
  type SimulatedSnapshot,
  type SimulatedState,
  type SimulatedTransition,
  toMachine,
} from './embed/to-machine.ts';
export { parseJob } from './language/parse-job.ts';
export { renderDiagnostic } from './language/render-diagnostic.ts';
export type { Condition } from './model/condition.ts';
export type { Diagnostic, Span } from './model/diagnostic.ts';
export type { Variable } from './model/environment.ts';
export { DomstartError, type ErrorCode } from './model/errors.ts';
export type { Dialect, JobDefinition } from './model/job.ts';
