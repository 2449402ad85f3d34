import type { ImageInterface } from '../model/domain.ts';
import type { ImageEntry } from '../model/guest-files.ts';

/** The files that are edited by hand when a guest is made by hand. Pure. */
export function systemFiles(options: {
  readonly hostname: string;
  readonly interfaces: readonly ImageInterface[];
}): ImageEntry[] {
  const hostname = options.hostname.replace(/[^A-Za-z0-9.-]/g, '-');
  const files = {
    '/etc/hostname': `${hostname}\n`,
    '/etc/hosts': `127.0.0.1 localhost ${hostname}\n`,
    '/etc/network/interfaces': options.interfaces.map(interfaceStanza).join('\n'),
  };
  return Object.entries(files).map(([path, content]) => {
    return { kind: 'file', path, mode: 0o644, content };
  });
}

/** In the words of interfaces(5). */
function interfaceStanza({ name, method, address, gateway }: ImageInterface): string {
  const lines = [`auto ${name}`, `iface ${name} inet ${method}`];
  if (address !== undefined) {
    const [host, prefix] = address.split('/');
    lines.push(`    address ${host}`, `    netmask ${netmask(Number(prefix ?? 32))}`);
  }
  if (gateway !== undefined) lines.push(`    gateway ${gateway}`);
  return `${lines.join('\n')}\n`;
}

/** `24` as `255.255.255.0`: busybox's ifup knows no other way. */
function netmask(prefix: number): string {
  const bits = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
}
