import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DomstartError } from '../../model/errors.ts';
import { findExecutable } from '../../system/find-executable.ts';
import { APT_TOOLS, unpackPackage } from '../apt.ts';
import { runCommand } from '../command.ts';
import type { Fetch } from '../fetch.ts';

/** What only a host's packages can give, and the package of each. */
const NEEDED: Readonly<Record<string, string>> = {
  gcc: 'gcc',
  ld: 'binutils',
  make: 'make',
  tar: 'tar',
  xz: 'xz-utils',
  gzip: 'gzip',
};

/** What is unpacked for one build where the host lacks it. */
const FETCHED: Readonly<Record<string, string>> = { flex: 'flex', bison: 'bison', bc: 'bc' };

/** The header of the one library that the kernel's own tools are built with. */
const LIBELF_HEADER = '/usr/include/gelf.h';
const LIBELF = 'libelf-dev';

/** Throws `host-incapable`, once, with everything that is missing and the command that gets it. */
export function refuseMissingTools(
  has: (tool: string) => boolean = (tool) => findExecutable(tool) !== undefined,
): void {
  const missing = Object.keys(NEEDED).filter((tool) => !has(tool));
  const apt = APT_TOOLS.filter((tool) => !has(tool));
  if (missing.length + apt.length === 0) return;
  const packages = missing.map((tool) => NEEDED[tool]).join(' ');
  throw new DomstartError(
    'host-incapable',
    `cannot build a kernel: this host lacks ${[...missing, ...apt].join(', ')}`,
    {
      hint:
        apt.length > 0
          ? 'build on a Debian host: the source of the kernel comes as its package'
          : `as root: apt-get install --no-install-recommends ${packages}`,
    },
  );
}

/** The compiler as its first line of `--version` names it. */
export async function compilerVersion(signal: AbortSignal): Promise<string> {
  const { ok, stdout, complaint } = await runCommand('gcc', ['--version'], { signal });
  const line = stdout.split('\n', 1)[0] ?? '';
  if (ok && line !== '') return line;
  throw new DomstartError('host-incapable', `gcc does not run: ${complaint}`, {
    hint: 'as root: apt-get install --no-install-recommends gcc',
  });
}

/**
 * Gets flex, bison, bc and libelf where the host lacks them: they are unpacked beside the source for
 * this one build and never installed. Returns the environment in which they are found.
 */
export async function fetchBuildTools(fetch: Fetch): Promise<Readonly<Record<string, string>>> {
  const { apt, folder, signal, onProgress } = fetch;
  const lacking = Object.keys(FETCHED).filter((tool) => findExecutable(tool) === undefined);
  const packages = await Promise.all(lacking.map((tool) => apt.missingFor(String(FETCHED[tool]))));
  if (!existsSync(LIBELF_HEADER)) packages.push(await libelfPackages(fetch));
  // The C library must be the host's own.
  const wanted = [...new Set(packages.flat())].filter((it) => !/^libc(6|-bin|-dev-bin)\b/.test(it));
  const root = join(folder, 'tools');
  if (wanted.length === 0) return {};
  const debs = await apt.download(wanted);
  onProgress('unpacking the tools that this host lacks');
  for (const deb of debs) await unpackPackage(deb, root, signal);
  return toolsEnvironment(root);
}

/** With the library itself, which may be installed: the link to it is relative. */
async function libelfPackages({ apt }: Fetch): Promise<string[]> {
  const library = (await apt.depends(LIBELF)).filter((name) => /^libelf1/.test(name));
  const missing = await apt.missingFor(LIBELF);
  const isMissing = (name: string) => missing.some((it) => it.startsWith(`${name}=`));
  return [...missing, ...library.filter((name) => !isMissing(name))];
}

/** Everything that was unpacked looks for its own parts where it was not installed. */
function toolsEnvironment(root: string): Record<string, string> {
  const usr = join(root, 'usr');
  const libraries = [join(usr, 'lib/x86_64-linux-gnu'), join(root, 'lib/x86_64-linux-gnu')];
  const [m4, bison] = [join(usr, 'bin/m4'), join(usr, 'share/bison')];
  return {
    PATH: `${process.env['PATH'] ?? '/usr/bin:/bin'}:${join(usr, 'bin')}`,
    LD_LIBRARY_PATH: libraries.join(':'),
    LIBRARY_PATH: libraries.join(':'),
    C_INCLUDE_PATH: [join(usr, 'include'), join(usr, 'include/x86_64-linux-gnu')].join(':'),
    ...(existsSync(m4) ? { M4: m4 } : {}),
    ...(existsSync(bison) ? { BISON_PKGDATADIR: bison } : {}),
  };
}
