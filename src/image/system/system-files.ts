import type { ImageHost, ImageInterface } from '../../model/domain.ts';
import type { ImageEntry } from '../../model/guest-files.ts';
import { hostName } from './hostname.ts';
import { hostsText } from './hosts.ts';
import { interfacesText } from './interfaces.ts';

/** The files of a guest that lives in memory that are edited by hand when it is made by hand. Pure. */
export function systemFiles({
  interfaces,
  hosts,
  ...options
}: {
  readonly hostname: string;
  readonly hosts: readonly ImageHost[];
  readonly interfaces: readonly ImageInterface[];
}): ImageEntry[] {
  const hostname = hostName(options.hostname);
  const files = {
    '/etc/hostname': `${hostname}\n`,
    '/etc/hosts': hostsText({ hostname, hosts }),
    '/etc/network/interfaces': interfacesText(interfaces),
  };
  return Object.entries(files).map(([path, content]) => {
    return { kind: 'file', path, mode: 0o644, content };
  });
}
