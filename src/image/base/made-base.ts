import { DomstartError } from '../../model/errors.ts';
import type { BaseRequest, BaseSource } from './base.ts';
import type { InstalledPackage } from './dpkg-status.ts';
import type { ArchiveState } from './release.ts';

/** What base.json says, beside what every manifest does. */
export interface MadeBase {
  readonly source: BaseSource;
  /** Seconds since 1970; no file that a tool has made is later. */
  readonly epoch: number;
  /** Of all files together. */
  readonly contentBytes: number;
  readonly entries: number;
  /** Bases of the same sources, suite and packages have the same. */
  readonly line?: string;
  readonly tool?: { readonly name: string; readonly version: string };
  readonly archive?: ArchiveState;
  /** What is installed; absent where that is not known. */
  readonly packages?: readonly InstalledPackage[];
  /** The key of the base that a layer was made from. */
  readonly below?: string;
  /** How many scripts have run. */
  readonly scripts?: number;
}

/** How a base is made that nothing has to be run for. */
export interface PlainPlan {
  readonly key: string;
  /** For people. */
  readonly what: string;
  /** Writes `root.tar` into a folder. */
  readonly make: (folder: string) => Promise<MadeBase>;
}

/** For a base that is not there where none may be made. */
export function notBuilt(what: string, { jobFile }: BaseRequest): DomstartError {
  return new DomstartError('base-missing', `there is no ${what} in the cache yet`, {
    hint: `run \`domstart image build ${jobFile ?? 'JOB.conf'}\`, once`,
  });
}
