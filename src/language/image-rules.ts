/** Which stanzas go with which `image from`, and which exclude each other. */
import type { ImageSource } from '../model/domain.ts';
import type { Part } from './compile-domain.ts';
import { quoted, raise } from './raise.ts';
import type { JobNode, StanzaNode } from './syntax.ts';

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
export function refuseInImage(parts: readonly Part[], source: ImageSource): void {
  const volume = parts.some(({ node }) => find(node, 'image volume') !== undefined);
  for (const { cursor, node } of parts) {
    for (const { stanza, words } of node.stanzas) {
      const reason = REFUSED[source.kind][stanza.words];
      if (reason !== undefined) {
        const from = find(node, 'image from ');
        raise(cursor, {
          code: 'not-in-this-image',
          message: `Not in this image: ${quoted(stanza.words)}, because ${reason}`,
          hint: HINTS[source.kind],
          ...words,
          ...related('the image is chosen here', from),
        });
      } else if (stanza.words === 'image size' && volume) {
        raise(cursor, {
          code: 'excluded-stanza',
          message: 'Excluded stanza: a volume has its own size, so there is none to choose',
          hint: 'take `image size` or `image volume` out',
          ...words,
          ...related('the volume is chosen here', find(node, 'image volume')),
        });
      }
    }
  }
}

function find({ stanzas }: JobNode, words: string): StanzaNode | undefined {
  return stanzas.find(({ stanza }) => stanza.words.startsWith(words));
}

function related(message: string, node: StanzaNode | undefined) {
  return node === undefined ? {} : { related: { message, at: node.words } };
}
