import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DomainSpec } from '../../src/model/domain.ts';
import { escapePattern, expand } from '../../src/model/expand.ts';
import { expandDomain } from '../../src/model/expand-domain.ts';

const bare: DomainSpec = {
  image: { source: { kind: 'busybox' }, copies: [], interfaces: [] },
  console: { ready: [], fail: [], watch: [] },
  vifs: [],
};
const environment = new Map([['N', '3']]);

describe('the patterns of a domain', () => {
  test('are expanded, all of them', () => {
    const patterns: DomainSpec = {
      ...bare,
      name: 'vm-$N',
      kernel: '/k$N',
      ramdisk: '/r$N',
      root: '/dev/$N',
      extra: 'a=$N',
      vifs: ['', 'bridge=br$N'],
      disks: ['/d$N,raw,xvda'],
      pci: ['03:00.$N'],
      settings: [
        { key: 'acpi', value: 1 },
        { key: 'irqs', value: [5, ['$N']] },
      ],
    };
    expect(expandDomain(patterns, environment)).toEqual({
      ok: true,
      domain: {
        ...bare,
        name: 'vm-3',
        kernel: '/k3',
        ramdisk: '/r3',
        root: '/dev/3',
        extra: 'a=3',
        vifs: ['', 'bridge=br3'],
        disks: ['/d3,raw,xvda'],
        pci: ['03:00.3'],
        settings: [
          { key: 'acpi', value: 1 },
          { key: 'irqs', value: [5, ['3']] },
        ],
      },
    });
  });

  test('a domain without patterns gains nothing', () => {
    expect(expandDomain(bare, environment)).toEqual({ ok: true, domain: bare });
  });

  test.each([
    [{ extra: '$X' }, 'domain extra'],
    [{ vifs: ['a', '$X'] }, 'domain vif'],
    [{ settings: [{ key: 'serial', value: ['$X'] }] }, 'domain set serial'],
  ])('the first that lacks a variable is named: %j', (more, stanza) => {
    expect(expandDomain({ ...bare, ...more }, environment)).toEqual({
      ok: false,
      stanza,
      problem: { kind: 'unknown-parameter', name: 'X' },
    });
  });

  test('an escaped text expands to itself', () => {
    const text = fc.string({ unit: fc.constantFrom(...'{}$aN_:-+ ') });
    fc.assert(
      fc.property(text, (plain) => {
        expect(expand(escapePattern(plain), environment)).toEqual({ ok: true, text: plain });
      }),
    );
  });
});
