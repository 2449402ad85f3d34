import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../model/errors.ts';
import { findExecutable } from '../system/find-executable.ts';
import { APT_TOOLS } from './apt.ts';
import { findBusybox } from './busybox.ts';
import { runCommand } from './command.ts';
import { findKernel } from './kernel.ts';
import { cacheFolder, runFolder } from './paths.ts';
import { findQemu, INSTALL_QEMU } from './qemu.ts';

/** One line of `domstart doctor`. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** Whether a domain could not be run here without it. */
  readonly needed: boolean;
  readonly detail: string;
  /** What to do about it; a command where there is one. */
  readonly fix?: string;
}

export interface InspectOptions {
  /** Default: `cacheFolder()` and `runFolder()`. */
  readonly cache?: string;
  readonly run?: string;
  readonly signal?: AbortSignal;
}

const FETCHED = 'domstart setup';

/** An `xl` that cannot reach its hypervisor may hang. */
const XL_LIMIT_MS = 5_000;

const MIB = 1024 * 1024;
/** A kernel package, unpacked, with the kernel inside unpacked too, and QEMU. */
const ROOM_FOR_FETCHING = 600 * MIB;
const ROOM_FOR_RUNNING = 50 * MIB;

/** What this host has for running domains, one after the other. Changes nothing. */
export async function* inspectHost(options: InspectOptions = {}): AsyncGenerator<Finding> {
  const {
    cache = cacheFolder(),
    run = runFolder(),
    signal = new AbortController().signal,
  } = options;
  const xen = await inspectXen(signal);
  yield xen;

  const found = await part(
    'qemu',
    findQemu(cache, signal),
    (tool) => `${tool.version} at ${tool.command}`,
  );
  const fix = process.getuid?.() === 0 ? INSTALL_QEMU : `${FETCHED}; or as root: ${INSTALL_QEMU}`;
  // Under Xen only a job of `domain on qemu` wants it.
  const qemu = { ...found, needed: !xen.ok };
  yield qemu.ok ? qemu : { ...qemu, fix };
  const kernel = await part('kernel', findKernel(cache), (files) => files.version);
  yield kernel;
  const busybox = await part('busybox', findBusybox(cache), (tool) => tool.version);
  yield busybox;

  const complete = (qemu.ok || xen.ok) && kernel.ok && busybox.ok;
  const missing = APT_TOOLS.filter((tool) => findExecutable(tool) === undefined);
  yield {
    name: 'packages',
    ok: missing.length === 0,
    needed: !complete,
    detail: missing.length === 0 ? APT_TOOLS.join(', ') : `missing: ${missing.join(', ')}`,
    ...(missing.length === 0 ? {} : { fix: 'use a Debian host: the rest comes as its packages' }),
  };
  // A host that has everything only reads its cache.
  const room = inspectFolder('cache', 'DOMSTART_CACHE', cache, complete ? 0 : ROOM_FOR_FETCHING);
  yield { ...room, needed: !complete };
  yield inspectFolder('run', 'DOMSTART_RUN', run, ROOM_FOR_RUNNING);
}

async function part<T>(
  name: string,
  finding: Promise<T | undefined>,
  describe: (found: T) => string,
): Promise<Finding> {
  try {
    const found = await finding;
    if (found !== undefined) return { name, ok: true, needed: true, detail: describe(found) };
    return { name, ok: false, needed: true, detail: 'not here yet', fix: FETCHED };
  } catch (error) {
    return { name, ok: false, needed: true, detail: messageOf(error), fix: FETCHED };
  }
}

async function inspectXen(signal: AbortSignal): Promise<Finding> {
  const name = 'xen';
  if (!isDom0()) {
    return { name, ok: false, needed: false, detail: 'not a Dom0: domains run in QEMU' };
  }
  if (findExecutable('xl') === undefined) {
    const fix = 'apt-get install xen-utils';
    return { name, ok: false, needed: false, detail: 'a Dom0 without xl', fix };
  }
  const limit = AbortSignal.any([signal, AbortSignal.timeout(XL_LIMIT_MS)]);
  try {
    const { ok, stdout, complaint } = await runCommand('xl', ['info'], { signal: limit });
    if (ok) return { name, ok, needed: false, detail: describeXen(stdout) };
    return { name, ok, needed: false, detail: `xl fails: ${complaint}`, fix: 'run as root' };
  } catch {
    const detail = `xl did not answer within ${XL_LIMIT_MS / 1000} s`;
    return { name, ok: false, needed: false, detail, fix: 'see `systemctl status xenstored`' };
  }
}

/** Of `xl info`. */
function describeXen(info: string): string {
  const of = (key: string) => new RegExp(`^${key}\\s*:\\s*(\\S+)`, 'm').exec(info)?.[1] ?? '?';
  return `Xen ${of('xen_version')}, xl answers: domains run in Xen; ${of('free_memory')} of ${of('total_memory')} MiB free`;
}

function isDom0(): boolean {
  try {
    return readFileSync('/proc/xen/capabilities', 'utf8').includes('control_d');
  } catch {
    return false;
  }
}

function inspectFolder(name: string, variable: string, folder: string, room: number): Finding {
  // What is not there yet is made in the first folder above that is.
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  const fix = `set ${variable} to another folder`;
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch {
    return { name, ok: false, needed: true, detail: `cannot write to ${existing}`, fix };
  }
  const { bavail, bsize } = statfsSync(existing);
  const free = bavail * bsize;
  const detail = `${folder}, ${Math.floor(free / MIB)} MiB free`;
  if (free >= room) return { name, ok: true, needed: true, detail };
  return {
    name,
    ok: false,
    needed: true,
    detail: `${detail}, ${room / MIB} MiB wanted`,
    fix: `free some space, or ${fix}`,
  };
}
