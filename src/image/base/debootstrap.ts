import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { entering } from './base-target.ts';
import { keyringsOf } from './choose-sources.ts';
import { clampCommand, cleanCommands, collectCommands, OUT, tarOptions } from './clean-root.ts';
import { toolError } from './faults.ts';
import { runGuarded } from './guarded.ts';
import { isolated } from './isolation.ts';
import { MIRROR_PATIENCE, quote, type ToolRequest } from './tool-request.ts';

/**
 * Makes `request.target` with debootstrap, as root: the suite alone by debootstrap, then its updates and
 * the packages by the apt of the host, whose dpkg runs inside, as mmdebstrap does it. All is done
 * among mounts of its own.
 */
export async function runDebootstrap(request: ToolRequest): Promise<void> {
  const { folder, signal, epoch, onProgress, context, target } = request;
  const program = join(folder, 'build.sh');
  const wgetrc = join(folder, 'wgetrc');
  await writeFile(program, buildProgram(request));
  await writeFile(wgetrc, `timeout = ${MIRROR_PATIENCE}\ntries = 2\n`);
  await writeFile(join(folder, 'apt.conf'), aptConfiguration(request));
  await writeFile(join(folder, 'policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const command = isolated(['sh', '-e', program], { root: true });
  const result = await runGuarded(entering(target, command), {
    signal,
    writes: folder,
    env: {
      WGETRC: wgetrc,
      SOURCE_DATE_EPOCH: String(epoch),
      DEBIAN_FRONTEND: 'noninteractive',
      DEBCONF_NONINTERACTIVE_SEEN: 'true',
      APT_CONFIG: join(folder, 'apt.conf'),
    },
    onLine: (line) => {
      const told = /^(?:I: |(?=Setting up |Unpacking ))(.*)$/.exec(line)?.[1];
      if (told !== undefined) onProgress(told.replace(/\.\.\.$/, ''));
    },
  });
  if (!result.ok) throw toolError(context, result.lines);
}

function buildProgram(request: ToolRequest): string {
  const { folder, packages, target, out, epoch, files, chosen } = request;
  const root = quote(rootOf(request));
  const apt = 'apt-get -y -q -o Dpkg::Use-Pty=0';
  const install = packages.length === 0 ? ':' : `${apt} install ${packages.map(quote).join(' ')}`;
  return `set -- ${root}
umask 022
( unset APT_CONFIG; exec ${bootstrapCommand(request)} )
cp ${quote(join(folder, 'policy-rc.d'))} "$1/usr/sbin/policy-rc.d"
mountpoint -q "$1/proc" || mount -t proc proc "$1/proc"
mountpoint -q "$1/sys" || mount -t sysfs -o ro sys "$1/sys"
rm -rf "$1"/var/lib/apt/lists/*
mkdir -p "$1/var/lib/apt/lists/partial"
echo 'I: package lists'
apt-get -q update
${apt} dist-upgrade
${install}
rm -f "$1/usr/sbin/policy-rc.d"
${collectCommands()}cp -r "$1/${OUT}" ${quote(out)}
apt-get clean
rm -rf "$1"/var/lib/apt/lists/*
mkdir -p "$1/var/lib/apt/lists/partial"
umount -R "$1/proc"
umount -R "$1/sys"
cp ${quote(files.guest)} "$1/etc/apt/sources.list"
( ${cleanCommands({ epoch, keyrings: keyringsOf(chosen) })})
${
  target.kind === 'folder'
    ? `cd "$1"\n${clampCommand(epoch)}`
    : `echo 'I: creating tarball'
tar -C "$1" ${tarOptions(epoch).map(quote).join(' ')} -cf ${quote(target.file)} .
`
}`;
}

function rootOf({ target, folder }: ToolRequest): string {
  return target.kind === 'folder' ? target.folder : join(folder, 'root');
}

function bootstrapCommand(request: ToolRequest): string {
  const { file, chosen, architecture } = request;
  const { suite, uri, components, options } = chosen.sources[0];
  // One keyring; by itself it takes that of the suite's distribution.
  const keyring = options['signed-by']?.split(',')[0];
  const isTrusted = options['trusted'] === 'yes';
  return [
    file,
    '--variant=minbase',
    `--arch=${architecture}`,
    `--components=${components.join(',')}`,
    isTrusted ? '--no-check-gpg' : '--force-check-gpg',
    ...(isTrusted || keyring === undefined ? [] : [`--keyring=${keyring}`]),
    ...[suite, rootOf(request), uri],
  ]
    .map(quote)
    .join(' ');
}

function aptConfiguration(request: ToolRequest): string {
  const { architecture, files } = request;
  const root = rootOf(request);
  const settings = {
    'Apt::Architecture': architecture,
    'Apt::Architectures': architecture,
    Dir: root,
    'Dir::State::Status': join(root, 'var/lib/dpkg/status'),
    'Dir::Etc::SourceList': files.building,
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::Etc::Trusted': '/etc/apt/trusted.gpg',
    'Dir::Etc::TrustedParts': files.keyrings ?? '/etc/apt/trusted.gpg.d',
    'DPkg::Chroot-Directory': root,
    'APT::Sandbox::User': '',
    'Apt::Install-Recommends': 'false',
    'Acquire::Languages': 'none',
    'Acquire::http::Timeout': String(MIRROR_PATIENCE),
    'Acquire::https::Timeout': String(MIRROR_PATIENCE),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`);
  return `${lines.join('')}DPkg::Options { "--force-unsafe-io"; };\n`;
}
