import { isIPv4 } from 'node:net';
import type { DomainSpec, PortForward } from '../../model/domain.ts';
import { DomstartError } from '../../model/errors.ts';

const MAC_ADDRESS = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

/**
 * `domain vif` is QEMU's user network: addresses by DHCP, no root, nothing set up on the host. Ports of
 * the host lead to the first card.
 */
export function networkArguments({ vifs, forwards = [] }: DomainSpec, name: string): string[] {
  const rules = forwards.map((forward) => forwarding(forward, name));
  return vifs.flatMap((vif, index) =>
    cardArguments({ vif, index, name, rules: index === 0 ? rules : [] }),
  );
}

function forwarding({ host, guestPort }: PortForward, name: string): string {
  const [, address = '127.0.0.1', port = ''] = /^(?:([0-9.]+):)?([0-9]{1,5})$/.exec(host) ?? [];
  if (isIPv4(address) && Number(port) > 0 && Number(port) < 65_536) {
    return `,hostfwd=tcp:${address}:${port}-:${guestPort}`;
  }
  throw new DomstartError(
    'job-invalid',
    `domain ${name} cannot be started: \`domain forward ${host} ${guestPort}\`: ${host} is no port`,
    { hint: 'write a port from 1 to 65535, with an address before it or without: 127.0.0.1:8080' },
  );
}

interface NetworkCard {
  readonly vif: string;
  readonly index: number;
  readonly name: string;
  /** What goes behind the network, each with a comma before it. */
  readonly rules: readonly string[];
}

function cardArguments({ vif, index, name, rules }: NetworkCard): string[] {
  const mac = /(?:^|,)\s*mac=\s*([^,]*)/.exec(vif)?.[1]?.trim();
  if (mac !== undefined && !MAC_ADDRESS.test(mac)) {
    throw new DomstartError(
      'job-invalid',
      `domain ${name} cannot be started: \`domain vif ${vif}\`: ${mac || 'nothing'} is no MAC address`,
      { hint: 'write six pairs of hexadecimal digits: mac=00:16:3e:00:00:01' },
    );
  }
  return [
    '-netdev',
    `user,id=net${index}${rules.join('')}`,
    '-device',
    `virtio-net-pci,netdev=net${index},romfile=${mac === undefined ? '' : `,mac=${mac}`}`,
  ];
}
