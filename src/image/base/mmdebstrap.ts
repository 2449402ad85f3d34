import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BaseFolder, entering } from './base-target.ts';
import { keyringsOf } from './choose-sources.ts';
import { clampCommand, cleanCommands, collectCommands, OUT } from './clean-root.ts';
import { toolError } from './faults.ts';
import { runGuarded } from './guarded.ts';
import { isolated } from './isolation.ts';
import { MIRROR_PATIENCE, quote, type ToolRequest } from './tool-request.ts';

/** Makes `request.target` with mmdebstrap: as root, or in a user namespace of its own. */
export async function runMmdebstrap(request: ToolRequest): Promise<void> {
  const { file, signal, epoch, folder, root, onProgress, context, target } = request;
  const command = [file, ...mmdebstrapArguments(request, await writeHooks(request))] as const;
  const result = await runGuarded(entering(target, root ? isolated(command, { root }) : command), {
    signal,
    writes: folder,
    env: { TMPDIR: folder, SOURCE_DATE_EPOCH: String(epoch) },
    onLine: (line) => {
      const told =
        /^I: (?!automatically|using|chroot arch|skipping|main\(\)|removing|running (?:--|special))(.*)$/.exec(
          line,
        );
      if (told !== null) onProgress((told[1] as string).replace(/\.\.\.$/, ''));
    },
  });
  if (!result.ok) throw toolError(context, result.lines);
  if (target.kind === 'folder') await clamp(request, target);
}

/** What it packs it gives these times itself; /dev has always that one there. */
async function clamp({ epoch, signal, context }: ToolRequest, target: BaseFolder): Promise<void> {
  const script = `cd "$1"\n${clampCommand(epoch)}touch --date=@${epoch} dev\n`;
  const command = target.enter(['sh', '-e', '-c', script, 'clamp', target.folder]);
  const result = await runGuarded(command, { signal });
  if (!result.ok) throw toolError(context, result.lines);
}

interface Hooks {
  readonly collect: string;
  readonly clean: string;
}

/** As files, because mmdebstrap shows a command in full before it runs it. */
async function writeHooks({ folder, epoch, chosen }: ToolRequest): Promise<Hooks> {
  const hooks = { collect: join(folder, 'collect'), clean: join(folder, 'clean') };
  const clean = cleanCommands({ epoch, keyrings: keyringsOf(chosen) });
  await writeFile(hooks.collect, `#!/bin/sh -e\n${collectCommands()}`, { mode: 0o755 });
  await writeFile(hooks.clean, `#!/bin/sh -e\n${clean}`, { mode: 0o755 });
  return hooks;
}

function mmdebstrapArguments(request: ToolRequest, { collect, clean }: Hooks): string[] {
  const { files, packages, chosen, target, architecture, root, out } = request;
  const isTar = target.kind === 'tar';
  const hooks = [
    collect,
    `copy-out /${OUT} ${quote(out)}`,
    `upload ${quote(files.guest)} /etc/apt/sources.list`,
    clean,
  ];
  return [
    '--variant=minbase',
    `--mode=${root ? 'root' : 'unshare'}`,
    `--format=${isTar ? 'tar' : 'directory'}`,
    `--architectures=${architecture}`,
    ...mergedUsr(),
    // The sources say which keys are for what.
    '--skip=check/signed-by,check/qemu',
    // Ours does that, and runs before.
    '--skip=cleanup/apt',
    ...(files.keyrings === undefined ? [] : [`--keyring=${files.keyrings}`]),
    // What is half-written when the machine dies is thrown away as a whole.
    '--dpkgopt=force-unsafe-io',
    `--aptopt=Acquire::http::Timeout "${MIRROR_PATIENCE}"`,
    `--aptopt=Acquire::https::Timeout "${MIRROR_PATIENCE}"`,
    ...packages.map((name) => `--include=${name}`),
    ...hooks.map((hook) => `--customize-hook=${hook}`),
    ...[chosen.sources[0].suite, isTar ? target.file : target.folder, files.building],
  ];
}

const MERGED_USR = '/usr/share/mmdebstrap/hooks/maybe-merged-usr';

/**
 * Where the suite knows that /bin is in /usr it is so from the start, as debootstrap has it; else apt
 * would install what merges them, with the whole of Perl. The hook fetches the lists of packages.
 */
function mergedUsr(): string[] {
  return existsSync(MERGED_USR) ? [`--hook-dir=${MERGED_USR}`, '--skip=update'] : [];
}
