/** Which stanzas go with which `image from`, and which exclude each other. */
import type { ImageSource } from '../model/domain.ts';
import type { Cursor } from './cursor.ts';
import { quoted, raise } from './raise.ts';
import type { StanzaNode } from './syntax.ts';

type SourceKind = ImageSource['kind'];

/** Why a source has no use for a stanza. */
const NO_DISK = 'a busybox guest lives in memory and has no disk';
const NO_SYSTEM =
  'a busybox guest is no Debian system: it has no packages, users or shell to build';
const READY = 'the disk is there already, with its own size and contents';

const REFUSED: Readonly<Record<SourceKind, Readonly<Record<string, string>>>> = {
  busybox: {
    'image size': NO_DISK,
    'image filesystem': NO_DISK,
    'image volume': NO_DISK,
    'image swap': NO_DISK,
    'image fstab': NO_DISK,
    'image install': NO_SYSTEM,
    'image script': NO_SYSTEM,
    'image password': NO_SYSTEM,
    'image user': NO_SYSTEM,
  },
  disk: {
    'image size': READY,
    'image filesystem': READY,
    'image volume': READY,
    'image install': READY,
    'image script': READY,
  },
  debootstrap: {},
  tar: {},
  directory: {},
};

const HINTS: Readonly<Record<SourceKind, string>> = {
  busybox: 'take it out, or write `image from debootstrap SUITE`',
  disk: 'take it out, or make the image with `image from debootstrap`, tar or directory',
  debootstrap: '',
  tar: '',
  directory: '',
};

/** Says of each stanza that its image cannot have why it cannot. */
export function refuseInImage(
  cursor: Cursor,
  stanzas: readonly StanzaNode[],
  source: ImageSource,
): void {
  const from = stanzas.findLast(({ stanza }) => stanza.words.startsWith('image from '));
  const volume = stanzas.find(({ stanza }) => stanza.words === 'image volume');
  for (const { stanza, words } of stanzas) {
    const reason = REFUSED[source.kind][stanza.words];
    if (reason !== undefined) {
      raise(cursor, {
        code: 'not-in-this-image',
        message: `Not in this image: ${quoted(stanza.words)}, because ${reason}`,
        hint: HINTS[source.kind],
        ...words,
        ...(from === undefined
          ? {}
          : { related: { message: 'the image is chosen here', at: from.words } }),
      });
    } else if (stanza.words === 'image size' && volume !== undefined) {
      raise(cursor, {
        code: 'excluded-stanza',
        message: 'Excluded stanza: a volume has its own size, so there is none to choose',
        hint: 'take `image size` or `image volume` out',
        ...words,
        related: { message: 'the volume is chosen here', at: volume.words },
      });
    }
  }
}
