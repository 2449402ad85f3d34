import { rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DomstartError } from '../model/errors.ts';
import { runTool } from './debugfs.ts';

interface CopyRequest {
  readonly from: string;
  readonly to: string;
  readonly signal: AbortSignal;
}

/**
 * Copies an image: what is all zero becomes holes, and where the host's file system can share blocks
 * it costs nothing. Nothing is left of a copy that failed. Throws `host-io` or `cancelled`.
 */
export async function copyImage({ from, to, signal }: CopyRequest): Promise<void> {
  const args = ['--sparse=always', '--reflink=auto', '--', resolve(from), resolve(to)];
  try {
    const { status, stderr } = await runTool('cp', args, { cwd: dirname(resolve(to)), signal });
    if (status !== 0) throw failed(from, stderr);
  } catch (error) {
    await rm(to, { force: true });
    throw error;
  }
}

function failed(from: string, complaint: string): DomstartError {
  const noSpace = /no space left|disk quota/i.test(complaint);
  return new DomstartError('host-io', `cannot copy ${from}: ${complaint}`, {
    hint: noSpace ? 'an image is changed in a copy of it: make room there' : undefined,
  });
}
