import { describe, expect, it } from 'vitest';
import { systemFiles } from '../../../src/image/system/system-files.ts';

function contentOf(path: string, files: ReturnType<typeof systemFiles>) {
  const found = files.find((entry) => entry.path === path);
  return found?.kind === 'file' ? found.content : undefined;
}

describe('the files of a guest in memory that are edited by hand otherwise', () => {
  const files = systemFiles({
    hostname: 'my guest\nx',
    hosts: [{ address: '10.0.0.1', names: ['dom0', 'dom0.example.org'] }],
    interfaces: [
      { name: 'lo', method: 'loopback' },
      { name: 'eth0', method: 'dhcp' },
      { name: 'eth1', method: 'static', address: '10.1.2.3/20', gateway: '10.1.0.1' },
      { name: 'eth1', method: 'static', address: 'fd00::3/64', gateway: 'fe80::1' },
    ],
  });

  it('name the interfaces in the words of interfaces(5), and none twice', () => {
    expect(contentOf('/etc/network/interfaces', files)).toBe(`auto lo
iface lo inet loopback

auto eth0
iface eth0 inet dhcp

auto eth1
iface eth1 inet static
    address 10.1.2.3
    netmask 255.255.240.0
    gateway 10.1.0.1

iface eth1 inet6 static
    address fd00::3
    netmask 64
    gateway fe80::1
`);
  });

  it('hold a host name that is one, whatever it was', () => {
    expect(contentOf('/etc/hostname', files)).toBe('my-guest-x\n');
  });

  it('know the guest itself and what the job names', () => {
    expect(contentOf('/etc/hosts', files)).toBe(`127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback
ff02::1 ip6-allnodes
ff02::2 ip6-allrouters
127.0.1.1 my-guest-x
10.0.0.1 dom0 dom0.example.org
`);
  });
});
