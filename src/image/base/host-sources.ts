import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AptSource, parseDeb822, parseOneLine } from './apt-sources.ts';

/** The apt sources of a host, in the order in which apt reads them; none where it has no apt. */
export async function readHostSources(apt: string): Promise<AptSource[]> {
  const parts = join(apt, 'sources.list.d');
  const names = (await readdir(parts).catch(() => [])).sort();
  const files = [join(apt, 'sources.list'), ...names.map((name) => join(parts, name))];
  const lists = await Promise.all(files.map(readSources));
  return lists.flat();
}

async function readSources(file: string): Promise<AptSource[]> {
  const parse = file.endsWith('.sources') ? parseDeb822 : parseOneLine;
  if (!/\.(list|sources)$/.test(file)) return [];
  return parse(await readFile(file, 'utf8').catch(() => ''));
}

/** `VERSION_CODENAME` of /etc/os-release. */
export async function hostCodename(): Promise<string | undefined> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^VERSION_CODENAME="?([\w.-]+)"?$/m.exec(text)?.[1];
}
