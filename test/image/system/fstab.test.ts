import { describe, expect, it } from 'vitest';
import { fstabText } from '../../../src/image/system/fstab.ts';

const uuid = '6d4b0a0e-0000-4000-8000-000000000001';
const made = { uuid, filesystem: 'ext4' } as const;
const ROOT = `UUID=${uuid} / ext4 errors=remount-ro 0 1\n`;
const SRV = { device: 'LABEL=a\\040b', folder: '/srv', type: 'ext4' } as const;

describe('/etc/fstab', () => {
  it('has the root where it was missing or said nothing', () => {
    expect(fstabText({ root: made, swap: false, mounts: [] })).toBe(ROOT);
    const existing = '# UNCONFIGURED FSTAB FOR BASE SYSTEM\n';
    expect(fstabText({ existing, root: made, swap: false, mounts: [] })).toBe(ROOT);
  });

  it('has the lines of the job, escapes as they are, and the swap', () => {
    const mounts = [
      SRV,
      { device: 'none', folder: '/tmp', type: 'tmpfs', options: 'size=1M', dump: 0, pass: 2 },
    ];
    expect(
      fstabText({ root: made, swap: true, mounts }),
    ).toBe(`${ROOT}LABEL=a\\040b /srv ext4 defaults 0 0
none /tmp tmpfs size=1M 0 2
LABEL=swap none swap sw 0 0
`);
  });

  it('keeps other lines, and names the new root in the place of the one it was copied from', () => {
    const existing =
      '# mine\nUUID=old / ext3 defaults 0 1\n/dev/sdb1 /srv xfs\n/dev/hda5 none swap sw\n';
    expect(fstabText({ existing, root: made, swap: false, mounts: [SRV] })).toBe(
      `# mine\n/dev/hda5 none swap sw\n${ROOT}LABEL=a\\040b /srv ext4 defaults 0 0\n`,
    );
    expect(fstabText({ existing, root: made, swap: false, mounts: [] })).toContain(ROOT);
  });

  it('of a disk that was there is right about its root', () => {
    const existing = 'LABEL=mine / ext3 defaults 0 1\n';
    expect(fstabText({ existing, root: { uuid }, swap: false, mounts: [] })).toBe(existing);
    expect(fstabText({ existing, root: { uuid }, swap: false, mounts: [SRV] })).toContain(existing);
    const tmpfs = 'none /tmp tmpfs\n';
    expect(fstabText({ existing: tmpfs, root: made, swap: false, mounts: [] })).toBe(tmpfs);
    expect(fstabText({ existing: tmpfs, root: { uuid }, swap: true, mounts: [] })).toContain(
      `UUID=${uuid} / auto `,
    );
  });

  it('lets the job say how the root is mounted, and name more than one swap', () => {
    const mounts = ['/dev/vdb', '/dev/vdc'].map((device) => ({
      device,
      folder: 'none',
      type: 'swap',
    }));
    const root = { device: '/dev/vda', folder: '/', type: 'ext4', options: 'noatime' };
    expect(
      fstabText({ root: made, swap: false, mounts: [root, ...mounts] }),
    ).toBe(`/dev/vda / ext4 noatime 0 0
/dev/vdb none swap defaults 0 0
/dev/vdc none swap defaults 0 0
`);
  });
});
