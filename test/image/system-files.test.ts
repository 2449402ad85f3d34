import { describe, expect, it } from 'vitest';
import { systemFiles } from '../../src/image/system-files.ts';

function contentOf(path: string, files: ReturnType<typeof systemFiles>) {
  const found = files.find((entry) => entry.path === path);
  return found?.kind === 'file' ? found.content : undefined;
}

describe('the files of a guest that are edited by hand otherwise', () => {
  const files = systemFiles({
    hostname: 'my guest\nx',
    interfaces: [
      { name: 'lo', method: 'loopback' },
      { name: 'eth0', method: 'dhcp' },
      { name: 'eth1', method: 'static', address: '10.1.2.3/20', gateway: '10.1.0.1' },
    ],
  });

  it('name the interfaces in the words of interfaces(5)', () => {
    expect(contentOf('/etc/network/interfaces', files)).toBe(`auto lo
iface lo inet loopback

auto eth0
iface eth0 inet dhcp

auto eth1
iface eth1 inet static
    address 10.1.2.3
    netmask 255.255.240.0
    gateway 10.1.0.1
`);
  });

  it('hold a host name that is one, whatever it was', () => {
    expect(contentOf('/etc/hostname', files)).toBe('my-guest-x\n');
    expect(contentOf('/etc/hosts', files)).toBe('127.0.0.1 localhost my-guest-x\n');
  });
});
