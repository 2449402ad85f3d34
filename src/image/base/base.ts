import type { ImageSource } from '../../model/domain.ts';
import { DomstartError, toDomstartError } from '../../model/errors.ts';
import type { ImageEntry } from '../../model/guest-files.ts';
import type { StoredManifest } from '../store/kinds.ts';
import { type Obtained, obtain } from '../store/obtain.ts';
import type { MadeBase } from './made-base.ts';
import { plainPlan } from './plain-plan.ts';

export type BaseSource =
  | Extract<ImageSource, { kind: 'debootstrap' }>
  | { readonly kind: 'tar' | 'directory'; readonly path: string };

export interface BaseRequest {
  /** Paths are absolute. */
  readonly source: BaseSource;
  readonly packages?: readonly string[];
  readonly scripts?: readonly string[];
  /** Constant ones, which are there when the scripts run; of no effect without scripts. */
  readonly copies?: readonly ImageEntry[];
  readonly cache: string;
  /**
   * True: look for news of the archives, and make what is new. False: take the newest that is there,
   * and neither fetch nor run anything.
   */
  readonly mayFetch: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  /** For messages. */
  readonly jobFile?: string;
  /** apt's folder of the host. Default /etc/apt. */
  readonly apt?: string;
  /** Default: mmdebstrap where it is there, else debootstrap. */
  readonly tool?: 'mmdebstrap' | 'debootstrap';
  /** Seconds for the news of the archives. Default 20. */
  readonly timeLimit?: number;
}

/** A root file system as a tar in the cache, which stays there until this is disposed of. */
export interface Base extends Disposable {
  readonly key: string;
  readonly folder: string;
  /** Uncompressed. */
  readonly tar: string;
  readonly manifest: StoredManifest & MadeBase;
  /** True where nothing was made. */
  readonly cached: boolean;
}

/**
 * The base of an image, of the cache or made now. Throws `job-invalid` (no such suite, no such
 * package, a script that fails), `host-incapable` (a tool is missing, a mirror is silent, there is no
 * base and none may be made), `file-missing`, `host-io`, `cancelled`.
 */
export async function obtainBase(request: BaseRequest): Promise<Base> {
  const { signal } = request;
  try {
    signal.throwIfAborted();
    const plain = await obtainPlain(request);
    return baseOf(await addLayer(request, plain));
  } catch (error) {
    if (!signal.aborted) throw toDomstartError(error, 'host-io');
    if (error instanceof DomstartError && error.code === 'cancelled') throw error;
    throw new DomstartError('cancelled', 'building the base was cancelled', { cause: error });
  }
}

type Entry = Obtained<MadeBase>;

async function obtainPlain(request: BaseRequest): Promise<Entry> {
  const { source } = request;
  switch (source.kind) {
    case 'debootstrap': {
      const { debootstrapBase } = await import('./debootstrap-base.ts');
      return debootstrapBase({ ...request, source });
    }
    case 'tar':
    case 'directory': {
      const { cache, signal, onProgress } = request;
      const plan = await plainPlan(request, source);
      return obtain<MadeBase>({ ...plan, kind: 'bases', cache, signal, onProgress });
    }
  }
}

async function addLayer(request: BaseRequest, plain: Entry): Promise<Entry> {
  const { source, packages = [], scripts = [], copies = [] } = request;
  const more = source.kind === 'debootstrap' ? [] : packages;
  if (more.length === 0 && scripts.length === 0) return plain;
  // The layer is a tar of its own: what it was made from may go once it is there.
  using _plain = plain;
  const { layerBase } = await import('./layer-base.ts');
  return layerBase({ ...request, packages: more, scripts, copies }, plain);
}

function baseOf(entry: Entry): Base {
  const { folder, manifest, cached } = entry;
  return {
    ...{ key: manifest.key, folder, tar: `${folder}/root.tar`, manifest, cached },
    [Symbol.dispose]: () => entry[Symbol.dispose](),
  };
}
