import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandResult, commandError, runCommand } from './command.ts';

/**
 * apt without root: packages are resolved and downloaded with the host's own sources and keys, but
 * nothing of the host's apt or dpkg is written to. Package lists come from the host where it has
 * them and from an `apt-get update` into our own folder where it has none or they are out of date.
 */
export interface Apt {
  /** The packages that `name` depends on directly. */
  depends(name: string): Promise<readonly string[]>;
  /** The version of `name` that would be installed, as `NAME=VERSION`. */
  candidate(name: string): Promise<string>;
  /** What installing `name` would install, as `NAME=VERSION`. */
  missingFor(name: string): Promise<readonly string[]>;
  /** Downloads packages (`NAME` or `NAME=VERSION`); returns the paths of the .deb files. */
  download(packages: readonly string[]): Promise<readonly string[]>;
}

export interface AptOptions {
  /** An existing temporary folder for lists and downloads. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

const HINT =
  "check the network and the host's apt sources (/etc/apt); `apt-get update` should work as root";

export function openApt({ folder, signal, onProgress }: AptOptions): Apt {
  const downloads = join(folder, 'downloads');
  const cache = join(folder, 'apt-cache');
  const lists = join(folder, 'apt-lists');
  let updated = false;
  let updateComplaint = '';

  function options(): string[] {
    const settings = [
      `Dir::Cache=${cache}`,
      'APT::Status-Fd=1',
      'Acquire::Retries=3',
      'Acquire::http::Timeout=30',
      // The sandbox user could not write to our folder; the folder is ours alone anyway.
      'APT::Sandbox::User=',
      ...(updated ? [`Dir::State::Lists=${lists}`] : []),
    ];
    return settings.flatMap((setting) => ['-o', setting]);
  }

  async function run(
    tool: string,
    args: readonly string[],
    label?: string,
  ): Promise<CommandResult> {
    await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
    await mkdir(downloads, { recursive: true });
    return runCommand(tool, [...options(), ...args], {
      signal,
      cwd: downloads,
      ...(label === undefined ? {} : { onLine: reportStatus(label, onProgress) }),
    });
  }

  async function update(): Promise<void> {
    updated = true;
    await mkdir(join(lists, 'partial'), { recursive: true });
    onProgress('package lists');
    // One source of many may be down and not matter: what is missing then says whether it did.
    updateComplaint = (await run('apt-get', ['update'], 'package lists')).complaint;
  }

  /** Tries with the lists that are there; once more with fresh ones where that gave nothing. */
  async function ask<T>(
    what: string,
    attempt: () => Promise<{ readonly result: CommandResult; readonly answer: T | undefined }>,
  ): Promise<T> {
    let { result, answer } = await attempt();
    if (answer === undefined && !updated) {
      await update();
      ({ result, answer } = await attempt());
    }
    if (answer !== undefined) return answer;
    throw commandError(`cannot ${what}`, updateComplaint || result.complaint, HINT);
  }

  return {
    depends: (name) =>
      ask(`find the package ${name}`, async () => {
        const result = await run('apt-cache', ['depends', name]);
        const names = parseDepends(result.stdout);
        return { result, answer: names.length > 0 ? names : undefined };
      }),

    candidate: (name) =>
      ask(`find the package ${name}`, async () => {
        const result = await run('apt-cache', ['show', '--no-all-versions', name]);
        const version = /^Version: (\S+)$/m.exec(result.stdout)?.[1];
        return { result, answer: version === undefined ? undefined : `${name}=${version}` };
      }),

    missingFor: (name) =>
      ask(`resolve the package ${name}`, async () => {
        const result = await run('apt-get', ['install', '-s', '--no-install-recommends', name]);
        return { result, answer: result.ok ? parseInstalls(result.stdout) : undefined };
      }),

    async download(packages) {
      const label = packages.length === 1 ? String(packages[0]) : `${packages.length} packages`;
      onProgress(label);
      const before = new Set(await readdir(downloads).catch(() => []));
      const files = await ask(`download ${label}`, async () => {
        const result = await run('apt-get', ['download', ...packages], label);
        return { result, answer: result.ok ? await readdir(downloads) : undefined };
      });
      return files
        .filter((file) => file.endsWith('.deb') && !before.has(file))
        .map((file) => join(downloads, file));
    },
  };
}

/** Tells each new percentage of apt's status lines once. */
export function reportStatus(
  label: string,
  onProgress: (text: string) => void,
): (line: string) => void {
  let last: number | undefined;
  return (line) => {
    const percent = parseStatus(line);
    if (percent === undefined || percent === last) return;
    last = percent;
    onProgress(`${label}: ${percent} %`);
  };
}

/** `dlstatus:1:45.2:Retrieving file 1 of 3`: the percentage. */
function parseStatus(line: string): number | undefined {
  const match = /^(?:dl|pm)status:[^:]*:([0-9.]+):/.exec(line);
  return match === null ? undefined : Math.floor(Number(match[1]));
}

export function parseDepends(text: string): string[] {
  return Array.from(text.matchAll(/^ *\|?Depends: (\S+)$/gm), (match) => match[1] as string);
}

/** `Inst NAME [OLD] (VERSION ORIGIN [ARCH])` as `NAME=VERSION`. */
export function parseInstalls(text: string): string[] {
  return Array.from(
    text.matchAll(/^Inst (\S+) (?:\[[^\]]*\] )?\((\S+)/gm),
    (match) => `${match[1]}=${match[2]}`,
  );
}

/** Unpacks a package into `target`; nothing of it is configured or run. */
export async function unpackPackage(
  deb: string,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const result = await runCommand('dpkg-deb', ['-x', deb, target], { signal });
  if (!result.ok) throw commandError(`cannot unpack ${deb}`, result.complaint, HINT);
}

/** Makes whoever lacks apt's tools a clear error before they start. */
export const APT_TOOLS = ['apt-get', 'apt-cache', 'dpkg-deb'] as const;
