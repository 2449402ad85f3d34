import type { BaseTarget } from './base-target.ts';
import type { ChosenSources } from './choose-sources.ts';
import type { FaultContext } from './faults.ts';
import type { SourceFiles } from './write-sources.ts';

/** What a tool is to make a base of. */
export interface ToolRequest {
  /** The tool itself. */
  readonly file: string;
  readonly chosen: ChosenSources;
  readonly files: SourceFiles;
  readonly packages: readonly string[];
  readonly architecture: string;
  /** Seconds since 1970: no file of the base is later. */
  readonly epoch: number;
  readonly target: BaseTarget;
  /** An existing folder, where OUT (clean-root.ts) is put. */
  readonly out: string;
  /** An empty folder of the build. */
  readonly folder: string;
  readonly root: boolean;
  readonly context: FaultContext;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** Seconds that a mirror may be silent for in the midst of a build. */
export const MIRROR_PATIENCE = 30;

/** A word for the shell. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
