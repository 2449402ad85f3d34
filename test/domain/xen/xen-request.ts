import type { DomainSpec } from '../../../src/model/domain.ts';
import type { DomainRequest } from '../../../src/ports/hypervisor.ts';

export function xenRequest(
  domain: Partial<DomainSpec> = {},
  more: Partial<DomainRequest> = {},
): DomainRequest {
  return {
    id: 'job-inst-0badcafe',
    name: 'job',
    domain: {
      image: { source: { kind: 'busybox' }, copies: [], interfaces: [] },
      vifs: [],
      console: { ready: [], fail: [], watch: [] },
      ...domain,
    },
    environment: new Map(),
    image: {
      kernel: '/c/vmlinux',
      conservativeKernel: '/c/vmlinuz',
      initrd: '/r/initrd',
      cached: true,
      description: '',
    },
    folder: '/r/job-inst',
    machine: 'fast',
    onConsole: () => {},
    signal: new AbortController().signal,
    ...more,
  };
}
