import { createHash } from 'node:crypto';

/** What the Release files of the archives say: the state of all of them together. */
export interface ArchiveState {
  /** Of the suite's own Release, in seconds since 1970: what comes later is given this time. */
  readonly epoch: number;
  /** Over what packages there are, in all of them. */
  readonly digest: string;
  /** For people. */
  readonly releases: readonly ReleaseNote[];
}

interface ReleaseNote {
  readonly codename: string;
  /** As the Release has it. */
  readonly date: string;
}

/**
 * Reads Release files (or InRelease). Some are signed anew each day though no package has changed, so
 * what counts of them is the digests of the lists of packages, and the date of the suite's own.
 */
export function readReleases(
  texts: readonly string[],
  { suite, components, architecture }: ReleaseScope,
): ArchiveState | undefined {
  const releases = texts.map((text) => ({
    codename: fieldOf(text, 'Codename') ?? fieldOf(text, 'Suite') ?? '',
    suite: fieldOf(text, 'Suite'),
    date: fieldOf(text, 'Date') ?? '',
    lists: packageLists(text, components, architecture),
  }));
  const own = releases.filter((one) => one.codename === suite || one.suite === suite);
  const dates = (own.length > 0 ? own : releases).map(({ date }) => Date.parse(date) / 1000);
  const epoch = Math.max(...dates);
  if (!Number.isFinite(epoch)) return undefined;
  const hash = createHash('sha256');
  for (const lists of releases.map((one) => one.lists).sort()) hash.update(`${lists}\n`);
  const notes = releases.map(({ codename, date }) => ({ codename, date }));
  return {
    epoch,
    digest: hash.digest('hex'),
    releases: notes.sort((a, b) => (a.codename < b.codename ? -1 : 1)),
  };
}

export interface ReleaseScope {
  readonly suite: string;
  readonly components: readonly string[];
  readonly architecture: string;
}

function fieldOf(text: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(.*?) *$`, 'm').exec(text)?.[1];
}

/** The lines `DIGEST SIZE COMPONENT/binary-ARCH/Packages…`, sorted; all of it where there are none. */
function packageLists(text: string, components: readonly string[], architecture: string): string {
  const lines = text.split('\n').filter((line) => {
    const path = /^ [0-9a-f]{64} +\d+ (\S+)$/.exec(line)?.[1];
    const match = /^(?:.*\/)?([^/]+)\/binary-([^/]+)\/Packages(?:\.\w+)?$/.exec(path ?? '');
    const [, component = '', list = ''] = match ?? [];
    return components.includes(component) && (list === architecture || list === 'all');
  });
  return lines.length === 0 ? text : lines.sort().join('\n');
}
