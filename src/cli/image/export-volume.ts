import { exportVolume } from '../../image/volume/export-volume.ts';
import { formatBytes } from '../format-bytes.ts';
import { print, say } from '../output.ts';
import { untilInterrupted } from '../until-interrupted.ts';

/** `domstart image export VG/LV FILE`: what a guest writes to, as it is at one moment; always raw. */
export function exportOfVolume(
  volume: string,
  file: string,
  { json }: { readonly json?: true },
): Promise<number> {
  return untilInterrupted(
    'image',
    (work) => exportVolume({ volume, to: file, ...work }),
    ({ size, checked }) => {
      if (json) print(JSON.stringify({ volume, file, bytes: size, checked }));
      const how = checked ? '' : ', as it is: it is no ext file system';
      say(`image: a snapshot of ${volume} is in ${file}, ${formatBytes(size)}${how}`);
    },
  );
}
