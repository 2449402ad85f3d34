import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readTar } from '../../archive/read-tar.ts';
import type { TarEntry } from '../../archive/tar-entry.ts';
import { type TarInput, writeTar } from '../../archive/write-tar.ts';
import { DomstartError } from '../../model/errors.ts';
import { withTemporary } from '../../system/cache-entry.ts';
import { findEntry, type Obtained, obtain } from '../store/obtain.ts';
import type { BaseRequest } from './base.ts';
import { type LayerInputs, layerKey } from './base-key.ts';
import { type BaseTarget, entering } from './base-target.ts';
import { parseStatus } from './dpkg-status.ts';
import { lastLines, toolError } from './faults.ts';
import { runGuarded } from './guarded.ts';
import { isolated } from './isolation.ts';
import { layerProgram } from './layer-program.ts';
import { type MadeBase, notBuilt } from './made-base.ts';
import { measureTar } from './measure-tar.ts';
import { isRoot } from './work-folder.ts';

/**
 * A base made from another one: its packages by its own apt, then the copies, then the scripts, all
 * inside of it. Another script does not make the base below anew.
 */
export async function layerBase(
  request: BaseRequest & LayerInputs,
  below: Obtained<MadeBase>,
): Promise<Obtained<MadeBase>> {
  const { cache, mayFetch, signal, onProgress } = request;
  const key = layerKey(below.manifest.key, request);
  const what = request.scripts.length > 0 ? 'base with these scripts' : 'base with these packages';
  if (!mayFetch) {
    const found = await findEntry<MadeBase>({ cache, kind: 'bases', key });
    if (found !== undefined) return found;
    throw notBuilt(what, request);
  }
  return obtain<MadeBase>({
    ...{ cache, kind: 'bases', key, what: `the ${what}`, signal, onProgress },
    make: (folder) =>
      withTemporary(cache, (work) =>
        makeLayer({ request, below, tar: join(folder, 'root.tar'), work }),
      ),
  });
}

interface Layer {
  readonly request: BaseRequest & LayerInputs;
  readonly below: Obtained<MadeBase>;
  readonly tar: string;
  readonly work: string;
}

async function makeLayer({ request, below, tar, work }: Layer): Promise<MadeBase> {
  const { signal } = request;
  const { manifest } = below;
  const { epoch } = manifest;
  const lower = join(below.folder, 'root.tar');
  const devices = isRoot() ? [] : await devicesOf(lower, signal);
  await writeEntries(join(work, 'devices.tar'), devices, signal);
  await mkdir(join(work, 'root'));
  await runLayer({ request, work, lower, epoch, target: { kind: 'tar', file: tar } });
  const measure = await measureTar(tar, { signal });
  const installed = parseStatus(await readFile(join(work, 'status'), 'utf8').catch(() => ''));
  const { source, tool, archive } = manifest;
  return {
    ...{ source, epoch, contentBytes: measure.contentBytes, entries: measure.entries },
    ...(tool === undefined ? {} : { tool }),
    ...(archive === undefined ? {} : { archive }),
    // It has no line: it must not be taken for the base below.
    below: manifest.key,
    ...(installed.length === 0 ? {} : { packages: installed }),
    scripts: request.scripts.length,
  };
}

interface LayerRun {
  readonly request: Pick<BaseRequest, 'source' | 'signal' | 'onProgress'> & LayerInputs;
  /** A folder of the build. */
  readonly work: string;
  readonly lower?: string;
  /** Seconds since 1970. */
  readonly epoch: number;
  readonly target: BaseTarget;
}

/** Installs packages, copies and runs scripts in what `lower` or the folder has. */
export async function runLayer({ request, work, ...layer }: LayerRun): Promise<void> {
  const { packages, copies, scripts, signal, onProgress } = request;
  const { epoch, target } = layer;
  const root = isRoot();
  for (const [index, copy] of copies.entries()) {
    if (copy.kind === 'file') await writeFile(join(work, `copy-${index + 1}`), copy.content);
  }
  for (const [index, text] of scripts.entries()) {
    await writeFile(join(work, `script-${index + 1}`), text);
  }
  const program = layerProgram({ ...layer, packages, copies, scripts: scripts.length, root });
  await writeFile(join(work, 'layer.sh'), program);
  const command = isolated(['sh', '-e', join(work, 'layer.sh'), work], { root });
  const result = await runGuarded(entering(target, command), {
    signal,
    writes: work,
    env: { SOURCE_DATE_EPOCH: String(epoch) },
    onLine: (line) => {
      if (line.trim() !== '') onProgress(line);
    },
  });
  if (!result.ok) throw await faultOf(work, request, result.lines);
}

async function faultOf(
  work: string,
  { source }: Pick<BaseRequest, 'source'>,
  lines: readonly string[],
): Promise<DomstartError> {
  const stage = (await readFile(join(work, 'stage'), 'utf8').catch(() => '')).trim();
  const script = /^script (\d+)$/.exec(stage)?.[1];
  const suite = source.kind === 'debootstrap' ? source.suite : source.path;
  if (script === undefined) {
    const what = stage === 'packages' ? 'install the packages' : 'run the scripts of the image';
    return toolError({ what, suite, uri: 'the mirror of the guest' }, lines);
  }
  const place = new RegExp(`script-${script}: (?:line )?(\\d+):`);
  const line = lines.map((one) => place.exec(one)?.[1]).findLast((one) => one !== undefined);
  const where = line === undefined ? '' : ` in its line ${line}`;
  if (lines.some((one) => /No space left on device/.test(one))) {
    return toolError({ what: `run \`image script\` ${script}`, suite, uri: '' }, lines);
  }
  const message = `\`image script\` ${script} failed${where}:\n${lastLines(lines)}`;
  return new DomstartError('job-invalid', message, {
    hint: 'scripts run with `sh -e`: the first command that fails ends them',
  });
}

/** Without root no device can be made: those of the base below are written as they are. */
async function devicesOf(tar: string, signal: AbortSignal): Promise<TarInput[]> {
  const devices: TarEntry[] = [];
  for await (const { entry } of readTar(tar, { signal })) {
    if (entry.kind === 'character' || entry.kind === 'block') devices.push(entry);
  }
  return devices.map((entry) => ({ entry }));
}

async function writeEntries(
  file: string,
  inputs: readonly TarInput[],
  signal: AbortSignal,
): Promise<void> {
  await pipeline(Readable.from(writeTar(inputs, { signal })), createWriteStream(file), { signal });
}
