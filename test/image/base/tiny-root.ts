import { copyFileSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureHost } from '../../../src/host/ensure-host.ts';

const LINKS = ['bin/sh', 'usr/bin/env', 'bin/cat', 'bin/ls', 'bin/id', 'bin/sleep', 'bin/mount'];

/** The smallest root file system in which a script runs: busybox under a few of its names. */
export async function makeTinyRoot(folder: string): Promise<void> {
  const signal = new AbortController().signal;
  const { busybox } = await ensureHost({ signal, onProgress: () => {} });
  for (const name of ['bin', 'usr/bin', 'usr/sbin', 'etc', 'tmp', 'root', 'dev', 'proc', 'sys']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  copyFileSync(busybox.path, join(folder, 'bin/busybox'));
  writeFileSync(join(folder, 'etc/resolv.conf'), 'nameserver of the guest\n');
  for (const link of LINKS) symlinkSync('/bin/busybox', join(folder, link));
  for (const name of ['bin/busybox', 'etc/resolv.conf']) utimesSync(join(folder, name), 1e9, 1e9);
  utimesSync(dirname(join(folder, 'etc/x')), 1e9, 1e9);
}
