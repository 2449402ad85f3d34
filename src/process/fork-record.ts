/** What is forked: a process of a job, or the helper that follows what such a process forks. */
export type ForkKind = 'process' | 'helper';

/**
 * Knows what runs, for who comes after this process if it is killed: a fork is known before it
 * happens, its pid in the same turn. No method throws.
 */
export interface ForkRecord {
  /** What every process has in its environment from its birth on. */
  readonly mark: Readonly<Record<string, string>>;
  /** Makes the one fork that `fork` makes; `ended` forgets it. */
  record<Child extends { readonly pid?: number | undefined }>(
    kind: ForkKind,
    fork: () => Child,
  ): { readonly child: Child; readonly ended: () => void };
  /** One that somebody else has forked for us; the result forgets it. */
  add(pid: number): () => void;
}

/** For those who leave nothing behind for anybody: an engine in somebody's own program. */
export const noForkRecord: ForkRecord = {
  mark: {},
  record: (_, fork) => ({ child: fork(), ended() {} }),
  add: () => () => {},
};
