import { open } from 'node:fs/promises';
import { DomstartError } from '../../model/errors.ts';
import { runTool } from '../../tree/debugfs.ts';
import { whole } from '../ship/whole.ts';
import { copyPieces, readFully } from './copy-pieces.ts';
import { isVolumeName } from './find-volume.ts';
import { withSnapshot } from './snapshot.ts';

export interface VolumeExportRequest {
  /** `VG/LV` */
  readonly volume: string;
  /** The file to write; one that is there is replaced when the new one is whole. */
  readonly to: string;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface ExportedVolume {
  /** Bytes, holes included. */
  readonly size: number;
  /** False where it is no ext file system: then nothing was mended. */
  readonly checked: boolean;
}

/**
 * Copies a volume into a file, as it is at one moment, while a guest or a mount writes to it. That is
 * what a machine finds after a power failure: e2fsck then does in the copy what the next boot would do.
 * Throws `host-io`, `host-incapable`, `file-missing` or `cancelled`.
 */
export async function exportVolume(request: VolumeExportRequest): Promise<ExportedVolume> {
  const { volume, to, signal, onProgress } = request;
  if (!isVolumeName(volume)) {
    throw new DomstartError('file-missing', `${volume} is no name of a volume`, {
      hint: 'write its group and its own name: vg0/guest',
    });
  }
  let result: ExportedVolume | undefined;
  await whole({ to, signal }, async (partial) => {
    const size = await withSnapshot(volume, { signal }, async (snapshot) => {
      await copy(snapshot, partial, request);
      return snapshot.size;
    });
    onProgress(`checking the copy of ${volume}`);
    result = { size, checked: await mend(partial, request) };
  });
  return result as ExportedVolume;
}

async function copy(
  { path, size }: { readonly path: string; readonly size: number },
  to: string,
  { volume, signal, onProgress }: VolumeExportRequest,
): Promise<void> {
  await using from = await open(path);
  await using file = await open(to, 'w', 0o600);
  await file.truncate(size);
  let last = -1;
  await copyPieces({
    ...{ from, to: file, begin: 0, end: size, target: 'zero', signal },
    onPiece(done) {
      const percent = Math.floor((100 * done) / size);
      if (percent !== last) onProgress(`copying the volume ${volume}: ${percent} %`);
      last = percent;
    },
  });
}

const EXT_MAGIC = 0xef53;
const MAGIC_AT = 1024 + 0x38;

async function isExt(file: string): Promise<boolean> {
  await using copied = await open(file);
  const magic = Buffer.alloc(2);
  await readFully(copied, magic, MAGIC_AT);
  return magic.readUInt16LE() === EXT_MAGIC;
}

/** From here on the errors that it found are left. */
const UNMENDED = 4;

async function mend(file: string, { volume, signal }: VolumeExportRequest): Promise<boolean> {
  if (!(await isExt(file))) return false;
  const { status = UNMENDED, stderr } = await runTool('e2fsck', ['-fy', file], {
    cwd: '/',
    signal,
  });
  if (status < UNMENDED) return true;
  const why = stderr.split('\n').at(-1) ?? '';
  throw new DomstartError('host-io', `the copy of ${volume} cannot be mended by e2fsck: ${why}`, {
    hint: `is the file system in the volume whole? \`e2fsck -fn /dev/${volume}\``,
  });
}
