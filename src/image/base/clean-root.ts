/**
 * What a tool leaves in a root file system that is of the host, or differs from build to build: shell
 * for a hook that has the root as `$1` and is run outside of it. ROOT/.domstart has what is read of
 * the system before: the state of dpkg and the Release files.
 *
 * Nothing of ROOT/tmp is removed: mmdebstrap has its settings of apt there, which it removes itself;
 * without them its next apt-get would work on the host.
 */
export const OUT = '.domstart';

export function collectCommands(): string {
  return `mkdir -p "$1/${OUT}"
cp "$1/var/lib/dpkg/status" "$1/${OUT}/status"
for file in "$1"/var/lib/apt/lists/*Release; do
  if [ -f "$file" ]; then cp "$file" "$1/${OUT}/"; fi
done
`;
}

export interface CleanOptions {
  /** Seconds since 1970. */
  readonly epoch: number;
  /** Keyrings of the host that sources name: what the guest lacks cannot be named in there. */
  readonly keyrings: readonly string[];
}

export function cleanCommands({ epoch, keyrings }: CleanOptions): string {
  const day = Math.floor(epoch / 86_400);
  return `cd "$1"
rm -rf ${OUT}
rm -f etc/resolv.conf etc/hostname etc/apt/apt.conf.d/99mmdebstrap etc/dpkg/dpkg.cfg.d/99mmdebstrap
rm -f etc/apt/sources.list.d/0000*
rm -f var/log/bootstrap.log var/log/dpkg.log var/log/alternatives.log var/log/apt/*
for file in faillog lastlog btmp wtmp; do
  if [ -s var/log/$file ]; then : > var/log/$file; fi
done
rm -f var/cache/ldconfig/aux-cache var/cache/apt/*.bin
rm -f var/cache/debconf/*-old var/lib/dpkg/*-old var/lib/dpkg/lock* var/lib/dpkg/triggers/Lock
rm -f var/lib/dbus/machine-id var/lib/systemd/random-seed var/lib/urandom/random-seed
rm -f var/lib/apt/daily_lock
# apt's own user has them, where it can reach the place of the build.
for folder in var/lib/apt/lists var/cache/apt/archives; do
  if [ -d $folder ] && [ ! -L $folder ]; then
    find $folder -mindepth 1 -maxdepth 1 ! -name partial -exec rm -rf {} +
    if [ -d $folder/partial ] && [ ! -L $folder/partial ]; then chown 0:0 $folder/partial; fi
  fi
done
rm -f etc/passwd- etc/shadow- etc/group- etc/gshadow- etc/subuid- etc/subgid- etc/.pwd.lock
rm -f root/.wget-hsts
if [ -e etc/machine-id ]; then : > etc/machine-id; fi
if [ -e etc/shadow ]; then
  sed -i -E 's/^([^:]*:[^:]*:)[0-9]+:/\\1${day}:/' etc/shadow
fi
if [ -e etc/apt/sources.list ]; then
${keyrings.map(dropKeyring).join('')}  sed -i -E 's/ \\[ *\\]//' etc/apt/sources.list
fi
`;
}

function dropKeyring(path: string): string {
  const inside = path.split(',').map((one) => `[ -e ".${one}" ]`);
  const pattern = path.replace(/[.[\]*\\|]/g, '\\$&');
  return `  if ! { ${inside.join(' && ')}; }; then sed -i 's|signed-by=${pattern}||' etc/apt/sources.list; fi\n`;
}

/** A tar that is the same whenever it is made of the same. */
export function tarOptions(epoch: number): string[] {
  return [
    ...['--sort=name', `--mtime=@${epoch}`, '--clamp-mtime', '--numeric-owner'],
    ...['--one-file-system', ...PAX, '--xattrs', '--xattrs-exclude=system.*'],
  ];
}

/** Takes everything out that is in such a tar. */
export const UNPACK: readonly string[] = ['--numeric-owner', '--xattrs', '--xattrs-include=*'];

/** Shell that gives what is later in the current folder that time, as `tarOptions` does in a tar. */
export function clampCommand(epoch: number): string {
  return `find . -xdev -newermt @${epoch} -exec touch --no-dereference --date=@${epoch} {} +\n`;
}

/** By themselves the names of extended headers have the id of the process in them. */
export const PAX: readonly string[] = [
  '--format=pax',
  '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
];
