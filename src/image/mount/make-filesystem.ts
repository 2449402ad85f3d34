import { open } from 'node:fs/promises';
import { DomstartError } from '../../model/errors.ts';
import { lastLines } from '../base/faults.ts';
import { runGuarded } from '../base/guarded.ts';
import { uuidOf, uuidText } from '../disk/uuid.ts';
import { TOOL_PATH } from './require-mounts.ts';

export interface FilesystemRequest {
  /** Made: a sparse file. */
  readonly disk: string;
  readonly filesystem: 'ext3' | 'ext4';
  /** MiB. */
  readonly size: number;
  /** UUID and hash seed come of it, as those of `makeDisk` do. */
  readonly uuidSeed: string;
  readonly signal: AbortSignal;
}

/** The same as the disks of the other road have, so that the same kernels mount them. */
const FEATURES = 'none,has_journal,ext_attr,dir_index,filetype,sparse_super,large_file';
const EXT4_FEATURES = ',extent,huge_file,dir_nlink,extra_isize';

/** An empty file system in a file; returns its UUID. Throws `host-io` or `job-invalid`. */
export async function makeFilesystem(request: FilesystemRequest): Promise<string> {
  const { disk, filesystem, size, uuidSeed, signal } = request;
  {
    await using file = await open(disk, 'w', 0o644);
    await file.truncate(size * 2 ** 20);
  }
  const uuid = uuidText(uuidOf(`uuid ${uuidSeed}`));
  const hashSeed = uuidText(uuidOf(`hash ${uuidSeed}`));
  const result = await runGuarded(
    [
      ...(['mke2fs', '-q', '-F', '-t', filesystem] as const),
      ...['-O', `${FEATURES}${filesystem === 'ext4' ? EXT4_FEATURES : ''}`],
      ...['-b', '4096', '-I', '256', '-m', '0', '-U', uuid],
      ...['-E', `hash_seed=${hashSeed},root_owner=0:0,lazy_itable_init=0`, disk],
    ],
    { signal, env: { PATH: TOOL_PATH } },
  );
  if (result.ok) return uuid;
  const message = `cannot make ${size} MiB of ${filesystem}:\n${lastLines(result.lines)}`;
  throw new DomstartError('host-io', message);
}

/** Throws `host-io` where the file system is not as it should be; changes nothing. */
export async function checkFilesystem(disk: string, signal: AbortSignal): Promise<void> {
  const result = await runGuarded(['e2fsck', '-fn', disk], { signal, env: { PATH: TOOL_PATH } });
  if (result.ok) return;
  const message = `the file system that was made has errors:\n${lastLines(result.lines)}`;
  throw new DomstartError('host-io', message, {
    hint: 'look at the disk of the cache, and at dmesg',
  });
}
