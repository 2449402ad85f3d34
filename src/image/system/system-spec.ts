import type {
  ImageHost,
  ImageInterface,
  ImageMount,
  ImagePassword,
  ImageUser,
} from '../../model/domain.ts';
import type { ImageWish } from '../../ports/images.ts';
import { hostsOf, interfacesOf } from './expand-network.ts';
import { hostName } from './hostname.ts';
import { hashPasswordFile } from './read-password.ts';

/**
 * What the stanzas of a job say of the system in its image, with everything looked up and expanded.
 * Plain JSON; a part of a key, which others may see: no password is in it, only what crypt(5) has of
 * it.
 */
export interface SystemSpec {
  /** As /etc/hostname has it. */
  readonly hostname: string;
  readonly hosts: readonly ImageHost[];
  readonly interfaces: readonly ImageInterface[];
  /** Of the root that is made; absent where it was there already. */
  readonly filesystem?: 'ext3' | 'ext4';
  /** There is a swap image, and the guest's own init is to find it. */
  readonly swap: boolean;
  readonly mounts: readonly ImageMount[];
  readonly users: readonly ImageUser[];
  readonly passwords: readonly {
    readonly user: string;
    /** Absent: no password is right. */
    readonly hash?: string;
  }[];
}

/** Throws `variable-missing`, `file-missing` or `job-invalid`. */
export async function systemSpec(request: ImageWish, hostname: string): Promise<SystemSpec> {
  const { image, guest } = request.domain;
  const { source, filesystem = 'ext4', mounts = [], users = [], passwords = [] } = image;
  const name = hostName(hostname);
  const hashed = passwords.map(async (password) => {
    const hash = await hashOf(password, { request, image: [source, name] });
    return { user: password.user, ...(hash === undefined ? {} : { hash }) };
  });
  return {
    hostname: name,
    hosts: hostsOf(request),
    interfaces: interfacesOf(request),
    ...(source.kind === 'disk' ? {} : { filesystem }),
    swap: image.swap !== undefined && guest?.init !== 'direct',
    ...{ mounts, users },
    passwords: await Promise.all(hashed),
  };
}

async function hashOf(
  password: ImagePassword,
  { request, image }: { readonly request: ImageWish; readonly image: readonly unknown[] },
): Promise<string | undefined> {
  switch (password.kind) {
    case 'locked':
      return undefined;
    case 'hash':
      return password.hash;
    case 'file':
      return hashPasswordFile({ user: password.user, path: password.path, image }, request);
  }
}
