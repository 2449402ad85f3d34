import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readHostSources } from '../src/image/base/host-sources.ts';
import { runCommand } from './command.ts';

/**
 * Whatever is mounted is mounted in a namespace that ends with the command, the log is in memory, and
 * the guest gets no kernel of its own, as it has none of ours: for bookworm that is xen-tools' rule.
 */
const SCRIPT = `set -e
folder=$1
shift
mount -t tmpfs none /var/log/xen-tools
sed '/^ *bookworm *=/s/pygrub//' /etc/xen-tools/distributions.conf >"$folder/distributions.conf"
mount --bind "$folder/distributions.conf" /etc/xen-tools/distributions.conf
xen-create-image "$@"
`;

async function mirrorOfHost(): Promise<string> {
  const [source] = await readHostSources('/etc/apt');
  if (source === undefined) throw new Error('this host has no apt sources');
  return source.uri;
}

/** Throws where it is not there, or of no use. */
export async function findXenTools(): Promise<void> {
  const missing =
    'xen-create-image is not there: apt-get install --no-install-recommends xen-tools';
  await runCommand('xen-create-image', ['--version']).catch((cause: unknown) => {
    throw new Error(missing, { cause });
  });
  if (process.getuid?.() !== 0) throw new Error('xen-create-image works as root only');
}

/**
 * Makes the image of a guest out of the only base of a cache, which is xen-tools' quickest way, and
 * removes it again. It works without Xen. Throws where it fails.
 */
export async function makeWithXenTools({
  folder,
  cache,
}: {
  readonly folder: string;
  readonly cache: string;
}): Promise<void> {
  const own = join(folder, 'xen-tools');
  const empty = join(own, 'modules');
  await mkdir(empty, { recursive: true });
  const options = {
    ...{ hostname: 'serv1', dir: own, output: own, dist: 'bookworm', mirror: await mirrorOfHost() },
    ...{ 'install-method': 'tar', 'install-source': await findTar(cache) },
    ...{ size: '700M', swap: '128M', fs: 'ext3', memory: '128M', modules: empty },
    // They have to be files, and nobody boots them.
    ...{ kernel: '/bin/true', initrd: '/bin/true', cache: 'yes', genpass: '0', password: 'bench' },
  };
  const words = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const namespace = ['--mount', '--propagation=private', '--pid', '--mount-proc', '--kill-child'];
  const shell = ['sh', '-c', SCRIPT, 'sh', own];
  try {
    await runCommand('unshare', [...namespace, ...shell, ...words, '--dhcp', '--nohosts']);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

async function findTar(cache: string): Promise<string> {
  const names = await readdir(join(cache, 'bases'), { recursive: true });
  const tar = names.find((name) => name.endsWith('/root.tar'));
  if (tar === undefined) throw new Error(`${cache} has no base`);
  return join(cache, 'bases', tar);
}
