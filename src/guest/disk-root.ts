import {
  type DiskNumber,
  FILES_TAR,
  type GuestRoot,
  type ImageEntry,
} from '../model/guest-files.ts';

/** Where the init, which stays in memory, has the root file system of the disk. */
export const ROOT = '/guest';

/** What the init needs inside of it: in memory too, so that nothing of it is on the disk. */
export const INSIDE = '/run/domstart';

/** Xen's front-end calls its disks so, virtio calls them otherwise. */
export function findDisks(): string {
  return '[ -b /dev/xvda ] && disk=/dev/xvd || disk=/dev/vd\n';
}

/** As the shell of the init writes it, behind `findDisks`. */
export function device(number: DiskNumber): string {
  return `"\${disk}${'abcdefghijklmnop'[number]}"`;
}

export type DiskRoot = GuestRoot & { readonly kind: 'disk' };

/** The names of what is mounted inside it; a root file system may lack any. */
const FOLDERS = ['proc', 'sys', 'dev', 'run', 'tmp'].map((name) => `${ROOT}/${name}`);

/** In the order in which they are mounted. */
const MOUNTS = [
  `proc ${ROOT}/proc proc defaults 0 0`,
  `sysfs ${ROOT}/sys sysfs defaults 0 0`,
  `devtmpfs ${ROOT}/dev devtmpfs defaults 0 0`,
  `devpts ${ROOT}/dev/pts devpts gid=5,mode=620 0 0`,
  `shm ${ROOT}/dev/shm tmpfs nosuid,nodev 0 0`,
  `run ${ROOT}/run tmpfs mode=755,nosuid,nodev 0 0`,
];

/** Of the init's own file of that name: one `mount` is one process. */
const GUEST_FSTAB = '/etc/fstab.guest';

/** What the init in memory needs to be on with a root on a disk. */
export function diskFiles(): ImageEntry[] {
  const mounts = MOUNTS.map((line) => `${line}\n`).join('');
  return [
    { kind: 'folder', path: ROOT, mode: 0o755 },
    { kind: 'file', path: GUEST_FSTAB, mode: 0o644, content: mounts },
    // What the network tells is for the guest.
    { kind: 'link', path: '/etc/resolv.conf', target: `${ROOT}/etc/resolv.conf` },
  ];
}

/**
 * The file system of the first disk, or of its first partition where it has any; or the end: there is
 * nothing to run the job in.
 */
function mountDisk(): string {
  return `root=${device(0)}
[ -b "\${root}1" ] && root="\${root}1"
mount -t ext4 -o noatime "$root" ${ROOT} || {
    echo "domstart: cannot mount the root file system: $root is no ext3 or ext4 that this kernel knows"
    echo "domstart:$token:exit 1"
    exec busybox poweroff -f
}
`;
}

/** Mounts the root and all that a job expects in it, and puts in what is new in this run. */
export function mountRoot({ swap, mounts, files }: DiskRoot): string {
  return `${mountDisk()}mkdir -p ${FOLDERS.join(' ')} /dev/pts /dev/shm
mount -a -T ${GUEST_FSTAB}
${putInside(files)}${swap === undefined ? '' : `swapon ${device(swap)}\n`}${mounts ? `chroot ${ROOT} mount -a\n` : ''}`;
}

/** By a busybox inside the root: a link of the disk then leads nowhere else than on the disk. */
function putInside(files: DiskNumber | undefined): string {
  const [tar, after] = files === undefined ? [FILES_TAR, `rm ${FILES_TAR}\n`] : [device(files), ''];
  return `mkdir ${ROOT}${INSIDE}
: >${ROOT}${INSIDE}/busybox
mount -o bind /bin/busybox ${ROOT}${INSIDE}/busybox
chroot ${ROOT} ${INSIDE}/busybox tar -x -f - <${tar}
${after}`;
}

/** The root's own init takes over, and ours is gone. */
export function switchRoot({ files }: DiskRoot): string {
  return `${mountDisk()}mkdir -p ${FOLDERS.join(' ')}
mount -t tmpfs run ${ROOT}/run
${putInside(files)}umount ${ROOT}${INSIDE}/busybox ${ROOT}/run
mount -o move /dev ${ROOT}/dev
umount /sys /proc
exec switch_root ${ROOT} /sbin/init
`;
}
