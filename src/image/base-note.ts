import type { Base } from './base/base.ts';
import type { InstalledPackage } from './base/dpkg-status.ts';

/** What an image says of the base that it was made from: that one may be gone, or on another host. */
export interface BaseNote {
  readonly key: string;
  /** Of the newest Release file of its archives, ISO 8601. */
  readonly date?: string;
  /** What is installed; absent where that is not known. */
  readonly packages?: readonly InstalledPackage[];
}

export function noteOf({ key, manifest: { archive, packages = [] } }: Base): BaseNote {
  const dates = (archive?.releases ?? []).map(({ date }) => Date.parse(date));
  const newest = Math.max(...dates.filter(Number.isFinite));
  return {
    key,
    ...(Number.isFinite(newest) ? { date: new Date(newest).toISOString() } : {}),
    ...(packages.length === 0 ? {} : { packages }),
  };
}
