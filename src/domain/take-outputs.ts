import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { takeOut } from '../archive/take-out.ts';
import { DomstartError } from '../model/errors.ts';
import type { OutputDisk } from '../ports/images.ts';
import { makeFolder } from '../system/make-folder.ts';
import { sanitise } from './run-folder.ts';

export interface OutputsRequest {
  readonly disk: OutputDisk;
  readonly outputDir: string;
  /** In the place of a folder in `outputDir`. */
  readonly folder?: string | undefined;
  readonly job: string;
  readonly instance: string;
}

export interface TakenOutputs {
  /** On this host; what stood at `/root/result` in the guest is `root/result` in it. */
  readonly folder: string;
  /** How many files. */
  readonly files: number;
  /** What was asked for and is not there. */
  readonly missing: readonly string[];
}

/**
 * Takes what a guest hands back out of its disk, by the strict reader: the guest may have written
 * anything. What an earlier run of the same instance handed back is replaced when all is there.
 * Throws `archive-invalid` or `host-io`.
 */
export async function takeOutputs(request: OutputsRequest): Promise<TakenOutputs> {
  const { disk, outputDir, job, instance } = request;
  const name = [job, instance].map(sanitise).filter(Boolean).join('-');
  const folder = request.folder ?? resolve(outputDir, `${name}.out`);
  await makeFolder(dirname(folder), 0o755);
  const fresh = `${folder}.${randomBytes(4).toString('hex')}`;
  const { path: tar, limits } = disk;
  const taken = await takeOut({ tar, into: fresh, limits, name: 'its outputs' }).catch(
    (error: unknown) => {
      throw withLimit(error, disk, job);
    },
  );
  await replace(folder, fresh);
  const paths = new Set(taken.map(({ path }) => `/${path}`));
  return {
    folder,
    files: taken.filter(({ kind }) => kind === 'file').length,
    missing: disk.paths.filter((path) => !paths.has(path)),
  };
}

async function replace(folder: string, fresh: string): Promise<void> {
  const old = `${fresh}.old`;
  const before = await rename(folder, old).then(
    () => true,
    () => false,
  );
  try {
    await rename(fresh, folder);
  } catch (error) {
    if (before) await rename(old, folder);
    throw error;
  } finally {
    await rm(old, { recursive: true, force: true });
  }
}

/** The disk is as large as the limit: a tar that is cut off was larger. */
function withLimit(error: unknown, { limits }: OutputDisk, job: string): unknown {
  if (!(error instanceof DomstartError) || error.code !== 'archive-invalid') return error;
  const isLarge = /more than|ends too early/.test(error.message);
  const mebibytes = Math.round(limits.bytes / 2 ** 20);
  return new DomstartError(
    'archive-invalid',
    `what the guest of ${job} hands back is not taken: ${error.message}`,
    {
      hint: isLarge
        ? `where it is larger than ${mebibytes}M or has more than ${limits.count} files: write \`output limit SIZE\`, or pack them`
        : error.hint,
      cause: error,
    },
  );
}
