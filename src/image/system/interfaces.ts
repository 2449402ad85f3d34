import type { ImageInterface } from '../../model/domain.ts';

/** In the words of interfaces(5), and of busybox's, which knows fewer of them. */
export function interfacesText(interfaces: readonly ImageInterface[]): string {
  const seen = new Set<string>();
  return interfaces
    .map((one) => {
      // Busybox refuses a file that says it twice.
      const auto = seen.has(one.name) ? [] : [`auto ${one.name}`];
      seen.add(one.name);
      return [...auto, ...stanzaOf(one)].map((line) => `${line}\n`).join('');
    })
    .join('\n');
}

const LOOPBACK: ImageInterface = { name: 'lo', method: 'loopback' };

/** The whole of /etc/network/interfaces of a system that has its own ifupdown. */
export function interfacesFile(
  interfaces: readonly ImageInterface[],
  { folder }: { /** There is an interfaces.d. */ readonly folder: boolean },
): string {
  const hasLoopback = interfaces.some(({ name }) => name === LOOPBACK.name);
  const text = interfacesText(hasLoopback ? interfaces : [LOOPBACK, ...interfaces]);
  return folder ? `source /etc/network/interfaces.d/*\n\n${text}` : text;
}

function stanzaOf({ name, method, address, gateway }: ImageInterface): string[] {
  const [host = '', prefix] = address?.split('/') ?? [];
  const inet6 = host.includes(':');
  return [
    `iface ${name} ${inet6 ? 'inet6' : 'inet'} ${method}`,
    ...(address === undefined
      ? []
      : [`    address ${host}`, `    netmask ${inet6 ? (prefix ?? 128) : netmask(prefix)}`]),
    ...(gateway === undefined ? [] : [`    gateway ${gateway}`]),
  ];
}

/** `24` as `255.255.255.0`: busybox's ifup knows no other way. */
function netmask(prefix = '32'): string {
  const length = Number(prefix);
  const bits = length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
}
