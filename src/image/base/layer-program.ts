import type { ImageEntry } from '../../model/guest-files.ts';
import type { BaseTarget } from './base-target.ts';
import { clampCommand, tarOptions, UNPACK } from './clean-root.ts';
import { quote } from './tool-request.ts';

export interface LayerPlan {
  /** The tar of the base below; a folder has it in it already. */
  readonly lower?: string;
  readonly target: BaseTarget;
  readonly packages: readonly string[];
  /** Contents are in WORK/copy-1 and so on, by their place here. */
  readonly copies: readonly ImageEntry[];
  /** How many there are: WORK/script-1 and so on. */
  readonly scripts: number;
  /** Seconds since 1970. */
  readonly epoch: number;
  readonly root: boolean;
}

/**
 * The shell program that makes a layer, run among processes and mounts of its own with the folder of
 * the build as `$1`; for a tar there is an empty folder `root` in it. WORK/stage says what it is at, so that
 * an error can; the network is the host's, no service is started.
 *
 * What is in the root may be anybody's: a link in it that says /etc means the guest's. So nothing is
 * done from outside through a folder before it is known to be inside, and links to files are let be.
 */
export function layerProgram(plan: LayerPlan): string {
  const { target, packages, copies, scripts, epoch } = plan;
  const day = Math.floor(epoch / 86_400);
  return `work=$1
root=${target.kind === 'folder' ? quote(target.folder) : '$work/root'}
umask 022
stage() { echo "$1" > "$work/stage"; }
inside() {
  chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
    HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH" "$@"
}

${unpackCommands(plan)}
# As the guest itself finds it.
within() {
  for name; do
    case $(realpath -m "$root/$name")/ in
      "$root"/*) ;;
      *) echo "/$name leads out of the image, by a link"; exit 1 ;;
    esac
  done
}
root=$(realpath "$root")
stage mount
within ${FOLDERS.join(' ')}
mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/etc" "$root/usr/sbin"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs -o mode=755 dev "$root/dev"
for name in null zero full random urandom tty; do
  : > "$root/dev/$name"
  mount --bind "/dev/$name" "$root/dev/$name"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"

# What is put in the place of a file of the guest is taken out again, unless a script has changed it.
put() {
  if [ -e "$root/$1" ] || [ -L "$root/$1" ]; then mv "$root/$1" "$work/$3.kept"; fi
  cp -L "$2" "$work/$3.put"
  chmod "$4" "$work/$3.put"
  cp -p "$work/$3.put" "$root/$1"
}
take() {
  if [ -f "$root/$1" ] && [ ! -L "$root/$1" ] && ! cmp -s "$work/$2.put" "$root/$1"; then return 0; fi
  rm -f "$root/$1"
  if [ -e "$work/$2.kept" ] || [ -L "$work/$2.kept" ]; then mv "$work/$2.kept" "$root/$1"; fi
}
printf '#!/bin/sh\\nexit 101\\n' > "$work/policy"
put usr/sbin/policy-rc.d "$work/policy" policy 755
if [ -e /etc/resolv.conf ]; then put etc/resolv.conf /etc/resolv.conf resolv 644; fi

${installCommands(packages)}
stage copies
${copyCommands(copies, epoch)}number=1
while [ "$number" -le ${scripts} ]; do
  stage "script $number"
  within tmp
  cp "$work/script-$number" "$root/tmp/script-$number"
  inside /bin/sh -e "/tmp/script-$number" < /dev/null
  rm -f "$root/tmp/script-$number"
  number=$((number + 1))
done

stage clean
within ${FOLDERS.join(' ')}
# Whatever a script has left running must not write to what is packed now.
kill -KILL -1 2> /dev/null || :
if [ -e /etc/resolv.conf ]; then take etc/resolv.conf resolv; fi
take usr/sbin/policy-rc.d policy
# Lazily, because a user namespace may not take apart what it was given as one.
umount -l "$root/dev" "$root/sys" "$root/proc"
cd "$root"
rm -f var/log/dpkg.log var/log/alternatives.log var/log/apt/* var/cache/ldconfig/aux-cache
rm -f var/cache/apt/*.bin var/cache/apt/archives/*.deb var/cache/debconf/*-old var/lib/dpkg/*-old
rm -f var/lib/dbus/machine-id var/lib/systemd/random-seed etc/.pwd.lock
rm -f etc/passwd- etc/shadow- etc/group- etc/gshadow- etc/subuid- etc/subgid-
if [ -s etc/machine-id ] && [ ! -L etc/machine-id ]; then : > etc/machine-id; fi
if [ -e etc/shadow ] && [ ! -L etc/shadow ]; then
  sed -i -E 's/^([^:]*:[^:]*:)[0-9]+:/\\1${day}:/' etc/shadow
fi
if [ -e var/lib/dpkg/status ] && [ ! -L var/lib/dpkg/status ]; then cp var/lib/dpkg/status "$work/status"; fi
${packCommands(plan)}`;
}

/** What the program goes through itself. */
const FOLDERS: readonly string[] = [
  ...['proc', 'sys', 'dev', 'tmp', 'etc', 'usr/sbin', 'var/log/apt', 'var/cache/ldconfig'],
  ...['var/cache/apt/archives', 'var/cache/debconf', 'var/lib/apt/lists', 'var/lib/dpkg'],
  ...['var/lib/dbus', 'var/lib/systemd'],
];

/** `place` tells where a folder is to the guest, and makes it where it is missing. */
function copyCommands(copies: readonly ImageEntry[], epoch: number): string {
  if (copies.length === 0) return '';
  return `place() (
  if inside /bin/sh -c 'cd "$1" 2> /dev/null && pwd -P' place "$1"; then exit; fi
  above=$(place "$(dirname "$1")")
  mkdir -m 755 "$root$above/$(basename "$1")"
  touch -d @${epoch} "$root$above/$(basename "$1")"
  printf '%s\\n' "$above/$(basename "$1")"
)
${copies.map((copy, index) => copyCommand(copy, index + 1, epoch)).join('')}`;
}

function copyCommand(copy: ImageEntry, number: number, epoch: number): string {
  const { path } = copy;
  const above = path.slice(0, path.lastIndexOf('/')) || '/';
  const name = path.slice(path.lastIndexOf('/') + 1);
  const at = `"$at"/${quote(name)}`;
  const make = (command: string) => `at=$root$(place ${quote(above)})
rm -f ${at}
${command}
touch -h -d @${epoch} ${at}
`;
  switch (copy.kind) {
    case 'folder':
      return `if ! inside /bin/sh -c 'cd "$1" 2> /dev/null' there ${quote(path)}; then
  at=$(place ${quote(path)})
  chmod ${copy.mode.toString(8)} "$root$at"
fi
`;
    case 'file':
      return make(`cp "$work/copy-${number}" ${at}\nchmod ${copy.mode.toString(8)} ${at}`);
    case 'link':
      return make(`ln -s -- ${quote(copy.target)} ${at}`);
    case 'device':
      return make(`mknod -m ${copy.mode.toString(8)} ${at} c ${copy.major} ${copy.minor}`);
  }
}

function unpackCommands({ lower, root }: LayerPlan): string {
  if (lower === undefined) return '';
  const devices = root ? [] : ['--exclude=./dev/*'];
  return `stage unpack
tar -C "$root" ${[...UNPACK, ...devices].map(quote).join(' ')} -xpf ${quote(lower)}
`;
}

function packCommands({ target, epoch, root }: LayerPlan): string {
  if (target.kind === 'folder') return clampCommand(epoch);
  const tar = quote(target.file);
  return `stage pack
tar -C "$root" ${tarOptions(epoch).map(quote).join(' ')} -cf ${tar} .
${root ? '' : `tar -Af ${tar} "$work/devices.tar"\n`}`;
}

function installCommands(packages: readonly string[]): string {
  if (packages.length === 0) return '';
  const apt = 'inside apt-get -y -q -o Dpkg::Use-Pty=0 -o Acquire::http::Timeout=30';
  return `stage packages
${apt} update < /dev/null
${apt} install --no-install-recommends ${packages.map(quote).join(' ')} < /dev/null
inside apt-get clean
rm -rf "$root"/var/lib/apt/lists/*
`;
}
