/**
 * Installs what npm left out because of the system's old Node.
 *
 * npm judges optional packages by the Node it runs under, and leaves out without a word those whose
 * `engines` do not fit: under Node 18 the native parts of the test tools. We run them under our
 * own, newer Node, so each of them that fits this machine is fetched here, exactly as
 * package-lock.json has it. Where nothing is missing this reads one file.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Locked {
  readonly version: string;
  readonly integrity: string;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
const header = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
const libc = header.header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';

for (const [path, locked] of Object.entries(packages)) {
  if (locked.optional && locked.cpu && fits(locked) && !existsSync(path)) fetch(path, locked);
}

function fits({ os, cpu, libc: libcs }: Locked): boolean {
  return (
    (os?.includes(process.platform) ?? true) &&
    (cpu?.includes(process.arch) ?? true) &&
    (libcs?.includes(libc) ?? true)
  );
}

/** Published by rename, so that a half-unpacked package is never taken for one. */
function fetch(path: string, { version, integrity }: Locked): void {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  mkdirSync(dirname(path), { recursive: true });
  const folder = mkdtempSync('node_modules/.complete-');
  try {
    const specifier = `${name}@${version}`;
    const packed = execFileSync('npm', ['pack', specifier, '--pack-destination', folder], {
      encoding: 'utf8',
    });
    const archive = join(folder, packed.trim().split('\n').at(-1) ?? '');
    const sum = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (sum !== integrity) throw new Error(`${specifier} is not what package-lock.json says`);
    execFileSync('tar', ['-xzf', archive, '-C', folder]);
    renameSync(join(folder, 'package'), path);
    console.log(`installed ${specifier}, which npm left out under an old Node`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
