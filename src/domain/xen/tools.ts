import { accessSync, constants, readFileSync } from 'node:fs';
import { DomstartError } from '../../model/errors.ts';
import { findExecutable } from '../../system/find-executable.ts';

/** Xen's toolstack on this host. */
export interface XenTools {
  readonly xl: string;
  /** What prints a domain's console, before the domain's number. */
  readonly console: readonly string[];
}

const CAPABILITIES = '/proc/xen/capabilities';

export interface XenSources {
  /** Default: that of this process. */
  readonly path?: string;
  readonly uid?: number;
  readonly capabilities?: string;
  /** Of the hypervisor that runs, as two files: major, minor. */
  readonly version?: string;
}

/**
 * Finds what drives Xen here. On Debian `xl` is a script that looks for the programs of the running
 * version; asking them at once saves a third of each call. Throws `host-incapable`: no Dom0, not
 * root, no xl.
 */
export function findXenTools(sources: XenSources = {}): XenTools {
  const {
    path,
    uid = process.geteuid?.() ?? 0,
    capabilities = CAPABILITIES,
    version = '/sys/hypervisor/version',
  } = sources;
  if (!isDom0(capabilities)) {
    throw incapable('this is no Xen host: it is not Dom0', 'boot Xen, or write `domain on qemu`');
  }
  if (uid !== 0)
    throw incapable('only root may talk to Xen', 'run it as root, or let domstartd do so');
  const folder = `/usr/lib/xen-${readLine(`${version}/major`)}.${readLine(`${version}/minor`)}/bin`;
  if (isExecutable(`${folder}/xl`) && isExecutable(`${folder}/xenconsole`)) {
    return { xl: `${folder}/xl`, console: [`${folder}/xenconsole`] };
  }
  const xl = findExecutable('xl', path === undefined ? {} : { path });
  if (xl === undefined) {
    throw incapable('this Dom0 has no `xl`', "install Xen's tools: apt-get install xen-utils");
  }
  return { xl, console: [xl, 'console'] };
}

function incapable(what: string, hint: string): DomstartError {
  return new DomstartError('host-incapable', `cannot use Xen: ${what}`, { hint });
}

/** Whether this is the host's own domain. */
export function isDom0(capabilities: string = CAPABILITIES): boolean {
  return readLine(capabilities).includes('control_d');
}

function readLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
