import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HostTools } from '../ports/host-tools.ts';

/**
 * What `ensureHost` found, kept in one small file, so that a host that has everything is asked by a
 * few stat calls only. Each file is remembered with its size and time: another QEMU under the same
 * name (an upgrade) is noticed, and so is a file that a crash of the host cut short.
 */
const FORMAT = 1;

interface ToolsRecord {
  readonly format: number;
  readonly tools: HostTools;
  /** `SIZE.MTIME` by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** The tools that are still as they were; a part that is not, or was never there, is absent. */
export function readToolsRecord(cache: string): Partial<HostTools> {
  try {
    const text = readFileSync(recordPath(cache), 'utf8');
    const { format, tools, files } = JSON.parse(text) as ToolsRecord;
    if (format !== FORMAT) return {};
    const parts = Object.entries(partFiles(tools)).filter(([, paths]) =>
      paths.every((path) => files[path] !== undefined && files[path] === fingerprint(path)),
    );
    return Object.fromEntries(parts.map(([part]) => [part, tools[part as keyof HostTools]]));
  } catch {
    // Missing, or not what we write: both mean that nothing is known.
    return {};
  }
}

/** Only makes the next start quicker: in a cache that cannot be written to nothing is recorded. */
export async function writeToolsRecord(cache: string, tools: HostTools): Promise<void> {
  const paths = Object.values(partFiles(tools)).flat();
  const record: ToolsRecord = {
    format: FORMAT,
    tools,
    files: Object.fromEntries(paths.map((path) => [path, fingerprint(path) ?? ''])),
  };
  const path = recordPath(cache);
  const temporary = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, JSON.stringify(record, undefined, 2));
    await rename(temporary, path);
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

function partFiles(tools: HostTools): Record<keyof HostTools, string[]> {
  const { qemu, kernel, busybox } = tools;
  return {
    qemu: [qemu.command],
    kernel: [kernel.bzImage, kernel.vmlinux, kernel.modulesFolder],
    busybox: [busybox.path],
  };
}

function fingerprint(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.size}.${Math.trunc(stat.mtimeMs)}`;
}

function recordPath(cache: string): string {
  return join(cache, 'host-tools.json');
}
