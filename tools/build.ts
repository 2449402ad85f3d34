/**
 * Builds dist/: the command line and the library, each one bundled file (loading 60 small files
 * costs a user 0.2 s, one costs 0.05), and the library's types.
 *
 * Runs at `npm ci`, before the tests and before the demo. What is built takes the place of the old
 * dist/ when it is whole, so that whoever runs the old one meanwhile is not left without.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const entries = {
  cli: 'src/cli/main.ts',
  index: 'src/index.ts',
  'initctl-help': 'src/cli/control/help.ts',
};
if (!Object.values(entries).every((file) => existsSync(file))) process.exit(0);

const folder = mkdtempSync('.dist-');
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const options = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  sourcemap: 'linked',
  logLevel: 'warning',
} as const satisfies BuildOptions;
await build({
  ...options,
  entryPoints: entries,
  outdir: `${folder}/new`,
  splitting: true,
  chunkNames: 'chunk-[hash]',
  plugins: [elsewhere(/control\/main\.ts$/, './initctl.js')],
  // Some dependencies are CommonJS and call require() of Node's own modules.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
});
// What scripts call over and over is one file, and only its --help needs the others.
await build({
  ...options,
  entryPoints: { initctl: 'src/cli/control/main.ts' },
  outdir: `${folder}/new`,
  plugins: [elsewhere(/\/help\.ts$/, './initctl-help.js')],
});
execFileSync('tsc', ['-p', 'tsconfig.types.json', '--outDir', `${folder}/new/types`], {
  stdio: 'inherit',
});
if (existsSync('dist')) renameSync('dist', `${folder}/old`);
renameSync(`${folder}/new`, 'dist');

/** What is imported under such a name is another of the files that are built. */
function elsewhere(filter: RegExp, path: string): Plugin {
  return {
    name: path,
    setup({ onResolve }) {
      onResolve({ filter }, ({ kind }) =>
        kind === 'dynamic-import' ? { path, external: true } : undefined,
      );
    },
  };
}
