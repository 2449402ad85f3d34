import { describe, expect, it } from 'vitest';
import { parseDepends, parseInstalls, reportStatus } from '../../src/host/apt.ts';

describe('what apt prints', () => {
  it('names what a package depends on', () => {
    const text = `linux-image-cloud-amd64
  Depends: linux-image-6.1.0-56-cloud-amd64
 |Depends: one
  Recommends: firmware
  Suggests: manual
`;
    expect(parseDepends(text)).toEqual(['linux-image-6.1.0-56-cloud-amd64', 'one']);
  });

  it('names what would be installed, upgrades included', () => {
    const text = `Reading package lists...
The following NEW packages will be installed:
  libfdt1 seabios
Inst libfdt1 (1.6.1-4+b1 Debian:12.1/stable [amd64])
Inst libc6 [2.36-9] (2.36-9+deb12u13 Debian:12/stable [amd64]) []
Conf libfdt1 (1.6.1-4+b1 Debian:12.1/stable [amd64])
`;
    expect(parseInstalls(text)).toEqual(['libfdt1=1.6.1-4+b1', 'libc6=2.36-9+deb12u13']);
  });

  it('is told as progress, each percentage once', () => {
    const told: string[] = [];
    const report = reportStatus('busybox', (text) => told.push(text));
    report('dlstatus:1:0:Retrieving file 1 of 1');
    report('dlstatus:1:0.6:Retrieving file 1 of 1');
    report('Get:1 somewhere');
    report('pmstatus:busybox:45.9:Unpacking');
    expect(told).toEqual(['busybox: 0 %', 'busybox: 45 %']);
  });
});
