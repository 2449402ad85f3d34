import { createHash } from 'node:crypto';
import type { ImageEntry } from '../../model/guest-files.ts';
import { type AptSource, printSource } from './apt-sources.ts';
import type { ChosenSources } from './choose-sources.ts';
import type { ArchiveState } from './release.ts';

/** What goes into the keys of bases is told to people in docs/images.md: keep the two the same. */

/** To be raised when the code, and not its inputs, changes what comes out. */
const LAYOUT = 4;

export function digestOf(kind: string, inputs: unknown): string {
  const text = JSON.stringify([LAYOUT, kind, inputs]);
  return createHash('sha256').update(text).digest('hex').slice(0, 20);
}

/** What was asked for, whatever the archives have at the time: all bases of the same are of one line. */
export function debootstrapLine(
  { sources, keyrings }: ChosenSources,
  { packages, architecture }: { packages: readonly string[]; architecture: string },
): string {
  const archives = sources.map((source: AptSource) => [printSource(source), source.key ?? '']);
  return digestOf('debootstrap', { archives, keyrings, packages, architecture });
}

export function debootstrapKey(
  line: string,
  { epoch, digest }: ArchiveState,
  tool: { readonly name: string; readonly version: string },
): string {
  return digestOf('debootstrapped', [line, epoch, digest, tool.name, tool.version]);
}

export interface LayerInputs {
  readonly packages: readonly string[];
  readonly copies: readonly ImageEntry[];
  readonly scripts: readonly string[];
}

export function layerKey(base: string, { packages, copies, scripts }: LayerInputs): string {
  const entries = copies.map((entry) =>
    entry.kind === 'file' ? { ...entry, content: sha256(entry.content) } : entry,
  );
  return digestOf('layer 2', { base, packages, entries, scripts });
}

function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}
