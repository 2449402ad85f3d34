import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DomstartError, messageOf } from '../../model/errors.ts';
import { findExecutable } from '../../system/find-executable.ts';

export interface BootstrapTool {
  readonly name: 'mmdebstrap' | 'debootstrap';
  readonly file: string;
  readonly version: string;
}

const PATHS = ['/usr/sbin', '/sbin'];

/** mmdebstrap where it is there; else debootstrap, which takes root. Throws `host-incapable`. */
export async function findTool(
  wanted: BootstrapTool['name'] | undefined,
  { root }: { readonly root: boolean },
): Promise<BootstrapTool> {
  const names = wanted === undefined ? (['mmdebstrap', 'debootstrap'] as const) : [wanted];
  for (const name of names) {
    if (name === 'debootstrap' && !root) continue;
    const path = [process.env['PATH'] ?? '', ...PATHS].join(':');
    const file = findExecutable(name, { path });
    if (file === undefined) continue;
    requireHelpers(name, root, path);
    return { name, file, version: await versionOf(file) };
  }
  throw missing(names.join(' or '), names[0] ?? '', root ? '' : '; debootstrap takes root');
}

/** What a tool cannot do without, and the package that it is in. */
function requireHelpers(name: BootstrapTool['name'], root: boolean, path: string): void {
  const helpers: [string, string][] = [
    ['apt-get', 'apt'],
    ['dpkg', 'dpkg'],
    ['tar', 'tar'],
    ['unshare', 'util-linux'],
    ...(root ? [] : ([['newuidmap', 'uidmap']] as [string, string][])),
    ...(name === 'debootstrap' ? ([['wget', 'wget']] as [string, string][]) : []),
  ];
  for (const [helper, from] of helpers) {
    if (findExecutable(helper, { path }) === undefined) throw missing(helper, from, '');
  }
}

function missing(tool: string, from: string, more: string): DomstartError {
  return new DomstartError('host-incapable', `this host lacks ${tool}, which makes bases${more}`, {
    hint: `\`apt-get install ${from}\``,
  });
}

async function versionOf(file: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(file, ['--version']);
    return /\d\S*/.exec(stdout)?.[0] ?? '';
  } catch (error) {
    throw new DomstartError('host-incapable', `${file} does not run: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
