import type { ImageEntry } from '../../model/guest-files.ts';

/** What busybox's udhcpc calls with what it learnt (`$1`: deconfig, bound, renew, …). */
const UDHCPC_SCRIPT = `#!/bin/sh
case $1 in
deconfig)
    ip address flush dev "$interface"
    ip link set dev "$interface" up
    ;;
bound | renew)
    ifconfig "$interface" "$ip" netmask "\${subnet:-255.255.255.0}"
    for gateway in $router; do
        route add default gw "$gateway" dev "$interface" && break
    done
    : >/etc/resolv.conf
    for server in $dns; do
        echo "nameserver $server" >>/etc/resolv.conf
    done
    ;;
esac
`;

/** One `mount -a` is one process; three mounts would be three. */
const FSTAB = `proc /proc proc defaults 0 0
sysfs /sys sysfs defaults 0 0
devtmpfs /dev devtmpfs defaults 0 0
`;

/**
 * The files of every busybox image but for busybox itself. The root account has no password that
 * would be accepted (`x` without a shadow file), and nothing in the image asks for one.
 */
export const BASE_ENTRIES: readonly ImageEntry[] = [
  ...['/dev', '/etc', '/etc/network', '/mnt', '/proc', '/run', '/sys', '/var', '/var/log'].map(
    folder(0o755),
  ),
  // ifup and ifdown look for scripts in them and complain where they are missing.
  ...['pre-up', 'up', 'down', 'post-down'].map((when) =>
    folder(0o755)(`/etc/network/if-${when}.d`),
  ),
  ...['/root'].map(folder(0o700)),
  ...['/tmp', '/var/tmp'].map(folder(0o1777)),
  { kind: 'link', path: '/var/run', target: '/run' },
  { kind: 'device', path: '/dev/console', mode: 0o600, major: 5, minor: 1 },
  { kind: 'device', path: '/dev/null', mode: 0o666, major: 1, minor: 3 },
  file('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n'),
  file('/etc/group', 'root:x:0:\nnogroup:x:65534:\n'),
  file('/etc/fstab', FSTAB),
  { ...file('/etc/udhcpc/default.script', UDHCPC_SCRIPT), mode: 0o755 },
];

/** Folders that are in the base with a mode of their own, or in any case. */
export const BASE_FOLDERS: ReadonlySet<string> = new Set([
  ...BASE_ENTRIES.filter((entry) => entry.kind === 'folder').map((entry) => entry.path),
  ...['/bin', '/sbin', '/usr', '/usr/bin', '/usr/sbin', '/lib'],
]);

function folder(mode: number): (path: string) => ImageEntry {
  return (path) => ({ kind: 'folder', path, mode });
}

function file(path: string, content: string): ImageEntry & { kind: 'file' } {
  return { kind: 'file', path, mode: 0o644, content };
}
