import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { ensureHost } from '../../../src/host/ensure-host.ts';
import { cacheFolder } from '../../../src/host/paths.ts';
import { findExecutable } from '../../../src/system/find-executable.ts';

const root = resolve(import.meta.dirname, '../../..');
const script = join(import.meta.dirname, 'xenrig.sh');

/** Programs that making Dom0's image takes (xenrig.sh). */
const NEEDED = ['qemu-system-x86_64', 'mmdebstrap', 'mke2fs', 'cpio', 'busybox', 'xz'];

/** Seconds that all tests together may take in Dom0. */
const LIMIT = 1800;

/** What is built already is not transformed again, which would take more memory than Dom0 has. */
const CONFIG = `export default {
  cacheDir: '/tmp/vitest',
  test: {
    ...{ pool: 'threads', isolate: false, fileParallelism: false, testTimeout: 120_000 },
    server: { deps: { external: [/\\/dist\\//] } },
  },
};
`;

/** Where Dom0's image is kept: it takes minutes to make, and 1.2 GB. */
const home = () => join(cacheFolder(), 'xenrig');

const isMade = () => existsSync(join(home(), 'frozen/state'));

/** Why no Dom0 can be had here; undefined where it can. */
export function whyNoDom0(): string | undefined {
  if (isMade()) return undefined;
  const missing = NEEDED.filter((name) => findExecutable(name) === undefined);
  if (missing.length > 0) return `there is no ${missing.join(', ')}`;
  return process.getuid?.() === 0 ? undefined : "only root can make Dom0's image";
}

/** Makes Dom0's image where there is none. */
export async function makeDom0(): Promise<void> {
  if (isMade()) return;
  await mkdir(home(), { recursive: true });
  await rig(['build']);
  if (!isMade()) throw new Error(`there is no Dom0 in ${home()}`);
}

/**
 * Runs test files of dom0/ (names without .ts) with vitest in Dom0, against the real xl. They are
 * compiled here, as that takes minutes there. Resolves with the exit status.
 */
export async function testInDom0(
  names: readonly string[],
  { iommu = false }: { readonly iommu?: boolean } = {},
): Promise<number> {
  await ensureHost({ signal: new AbortController().signal, onProgress: () => {} });
  const packages = join(cacheFolder(), 'packages');
  const modules = realpathSync(join(root, 'node_modules'));
  const folder = await mkdtemp(join(tmpdir(), 'domstart-test-'));
  try {
    await compile(folder, names);
    await symlink(modules, join(folder, 'node_modules'));
    const shares = outermost([folder, root, modules, packages]);
    const command = [
      'set -e',
      // A cache of Dom0's own, with the kernel and the busybox of this host.
      `mkdir /tmp/cache; ln -s '${packages}' /tmp/cache/packages`,
      'export DOMSTART_CACHE=/tmp/cache DOMSTART_RUN=/run/domstart NO_COLOR=1',
      `export DOMSTART_TEST_ROOT='${root}'`,
      `cd '${folder}'; exec node node_modules/vitest/vitest.mjs run --configLoader native`,
    ];
    return await rig([
      'run',
      ...(iommu ? ['-i'] : []),
      ...shares.flatMap((path) => ['-s', path]),
      ...['-t', String(LIMIT), command.join('\n')],
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function compile(folder: string, names: readonly string[]): Promise<void> {
  const sources = join(import.meta.dirname, '../dom0');
  await build({
    entryPoints: Object.fromEntries(
      names.map((name) => [`${name}.test`, join(sources, `${name}.ts`)]),
    ),
    outdir: folder,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'warning',
    external: ['vitest'],
    // Some dependencies are CommonJS and call require() of Node's own modules.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  });
  await writeFile(join(folder, 'vitest.config.mjs'), CONFIG);
}

/** Without those that lie in another one of them. */
function outermost(paths: readonly string[]): string[] {
  return [...new Set(paths)].filter((path) => !paths.some((other) => path.startsWith(`${other}/`)));
}

function rig(args: readonly string[]): Promise<number> {
  const child = spawn(script, args, {
    env: { ...process.env, XENRIG_HOME: home(), XENRIG_NODE: process.execPath },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 125));
  });
}
