import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AptSource, printSource } from './apt-sources.ts';
import type { ChosenSources } from './choose-sources.ts';

/** Files for the tools, in a folder of the build. */
export interface SourceFiles {
  /** For the build: packages of a folder are copied into the guest, which does not see the folder. */
  readonly building: string;
  /** For the guest. */
  readonly guest: string;
  /** A folder of the keys that apt trusts by itself; undefined: apt's own. */
  readonly keyrings: string | undefined;
}

const ARCHIVE_KEYRINGS = '/usr/share/keyrings';

export async function writeSources(
  { sources, keyrings }: ChosenSources,
  { folder, apt }: { readonly folder: string; readonly apt: string },
): Promise<SourceFiles> {
  const building = join(folder, 'building.list');
  const guest = join(folder, 'guest.list');
  const withKeys = await Promise.all(sources.map((source) => writeKey(source, folder)));
  const copied = withKeys.map((source) => ({
    ...source,
    uri: source.uri.replace(/^file:/, 'copy:'),
  }));
  await writeFile(building, print(copied));
  await writeFile(guest, print(sources));
  const own = keyrings === 'host' ? undefined : await gatherKeyrings(folder, apt);
  return { building, guest, keyrings: own };
}

function print(sources: readonly AptSource[]): string {
  return `${sources.map(printSource).join('\n')}\n`;
}

async function writeKey(source: AptSource, folder: string): Promise<AptSource> {
  if (source.key === undefined) return source;
  const digest = createHash('sha256').update(source.key).digest('hex').slice(0, 16);
  const file = join(folder, `${digest}.asc`);
  await writeFile(file, source.key);
  return { ...source, options: { ...source.options, 'signed-by': file } };
}

/** What apt trusts, and the keys of the distributions that have a package for that here. */
async function gatherKeyrings(folder: string, apt: string): Promise<string> {
  const into = join(folder, 'keyrings');
  await mkdir(into);
  const trusted = join(apt, 'trusted.gpg.d');
  const files = [
    ...(await list(trusted, /\.(gpg|asc)$/)),
    ...(await list(ARCHIVE_KEYRINGS, /-archive-keyring\.gpg$/)),
  ];
  for (const [index, file] of files.entries()) {
    await copyFile(file, join(into, `${index}${file.slice(file.lastIndexOf('.'))}`));
  }
  return into;
}

async function list(folder: string, pattern: RegExp): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => pattern.test(name)).map((name) => join(folder, name));
}
