import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { ImageEntry } from '../model/guest-files.ts';
import type { ImageWish } from '../ports/images.ts';
import type { FileTree, Operation } from '../tree/file-tree.ts';
import type { ImageBuilderOptions } from './builder-options.ts';
import { type Copied, findCopies, naming } from './copies.ts';
import type { HostEntry } from './host-files.ts';
import { hostnameOf, isConstant } from './job-image.ts';
import { driversUnder, moduleEntries } from './kernel-modules.ts';
import { placeOperations } from './place.ts';
import { systemOperations } from './system/system-operations.ts';
import { systemSpec } from './system/system-spec.ts';

/** What a job changes in the system that its image is made from. */
export interface Edits {
  /** Plain JSON; the same edits have the same. */
  readonly key: unknown;
  /** To a tree of our own; what comes out depends on the tree and the key alone. */
  apply(tree: FileTree, root: { readonly uuid: string }): Promise<void>;
}

const OWNER = { uid: 0, gid: 0 } as const;
/** An image boots under either hypervisor. */
const MODULES = [
  ...driversUnder('qemu', { disks: true, network: true }),
  ...driversUnder('xen', { disks: true, network: true }),
];

/**
 * Everything that a job says of its image beside where it comes from, how large it is, its packages
 * and its scripts: those take long, and are in the base. Throws a DomstartError.
 */
export async function editsOf(
  request: ImageWish,
  { tools, installGuest }: ImageBuilderOptions,
): Promise<Edits> {
  const { domain, signal } = request;
  const system = await systemSpec(request, hostnameOf(request));
  const copies = await constantCopies(request);
  const names = takesModules(request) ? MODULES : [];
  const guest = domain.guest?.init === 'direct' ? undefined : domain.guest;
  return {
    key: {
      system,
      copies: await Promise.all(copies.flatMap(({ entries }) => entries.map(keyOf))),
      modules: names.length === 0 ? [] : [tools.kernel.version, ...names],
      guest: guest && { init: guest.init, job: { ...guest.job, file: undefined } },
    },
    async apply(tree, root) {
      const modules = names.length === 0 ? [] : await moduleEntries(tools.kernel, names);
      await tree.apply(
        await placeOperations(tree, [
          ...(await systemOperations(tree, system, root)),
          ...modules.flatMap(systemFile),
          ...copies.flatMap(({ entries }) => entries.map(copyOperation)),
        ]),
        signal,
      );
      if (guest !== undefined) await installGuest?.(tree, guest, { signal });
    },
  };
}

/** Those that a script of the image may need are in the base already. */
async function constantCopies(request: ImageWish): Promise<Copied<HostEntry>[]> {
  const { copies, scripts = [] } = request.domain.image;
  return scripts.length > 0 ? [] : findCopies(copies.filter(isConstant), request);
}

/** Our own init has its modules in memory. */
function takesModules({ domain: { image, guest } }: ImageWish): boolean {
  if (image.modules === 'none') return false;
  return image.modules !== undefined || guest?.init !== 'direct';
}

/** A file of this size is known by its content, a larger one by what the host says of it. */
const READ_WHOLE = 16 * 1024 * 1024;

async function keyOf(entry: HostEntry): Promise<unknown> {
  if (entry.kind !== 'file') return entry;
  const { path, mode, source, size } = entry;
  return naming(source, async () => {
    if (size > READ_WHOLE) {
      const { ino, mtimeNs, ctimeNs } = await stat(source, { bigint: true });
      return [path, mode, source, size, ...[ino, mtimeNs, ctimeNs].map(String)];
    }
    const hash = createHash('sha256');
    await pipeline(createReadStream(source), hash);
    return [path, mode, hash.digest('hex')];
  });
}

function copyOperation(entry: HostEntry): Operation {
  const { path } = entry;
  const common = { purpose: 'copy', path, owner: OWNER } as const;
  switch (entry.kind) {
    case 'file':
      return { ...common, kind: 'write', mode: entry.mode, content: { source: entry.source } };
    case 'folder':
      return { ...common, kind: 'folder', mode: entry.mode };
    case 'link':
      return { ...common, kind: 'link', target: entry.target };
  }
}

function systemFile(entry: ImageEntry): Operation[] {
  if (entry.kind !== 'file') return [];
  const { path, mode } = entry;
  const content = Buffer.from(entry.content);
  return [{ kind: 'write', purpose: 'system', path, mode, content, owner: OWNER }];
}
