import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findHost } from '../../src/host/find-host.ts';
import { cacheFolder } from '../../src/host/paths.ts';

const APPLETS =
  'sh cat chmod cp echo grep head hostname id ip ln ls mkdir mount mv ps readlink rm seq sleep stat sync tail test touch tr true uname wc wget'.split(
    ' ',
  );

/** The root file system of a small guest that has a disk: a busybox, its links and a few files. */
export async function makeSmallRoot(folder: string): Promise<void> {
  const { busybox } = await findHost({
    cache: cacheFolder(),
    signal: AbortSignal.timeout(60_000),
  });
  for (const name of ['bin', 'sbin', 'etc', 'root', 'proc', 'sys', 'dev', 'tmp', 'usr/bin']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  copyFileSync(busybox.path, join(folder, 'bin/busybox'));
  chmodSync(join(folder, 'bin/busybox'), 0o755);
  for (const name of APPLETS) symlinkSync('busybox', join(folder, 'bin', name));
  writeFileSync(
    join(folder, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  );
  writeFileSync(join(folder, 'etc/group'), 'root:x:0:\nsudo:x:27:\nnogroup:x:65534:\n');
  writeFileSync(join(folder, 'etc/shadow'), 'root:*:19000:0:99999:7:::\n', { mode: 0o640 });
}
