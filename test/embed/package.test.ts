import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** A folder of somebody else, who has installed the package as it is published. */
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-package-'));
  const installed = join(folder, 'node_modules/domstart');
  mkdirSync(installed, { recursive: true });
  // What is packed was built before the tests (`npm test`); nothing is fetched.
  const out = run('npm', 'pack', resolve('.'), '--ignore-scripts', '--json', '--offline');
  const [{ filename }] = JSON.parse(out) as [{ filename: string }];
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', installed, '--strip-components=1']);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, ...args: readonly string[]): string {
  try {
    return execFileSync(program, args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, npm_config_cache: join(folder, 'npm'), NODE_NO_WARNINGS: '1' },
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

function copy(fixture: string): string {
  copyFileSync(resolve('test/embed/fixtures', fixture), join(folder, fixture));
  return fixture;
}

function link(name: string): void {
  const to = join(folder, 'node_modules', name);
  mkdirSync(resolve(to, '..'), { recursive: true });
  symlinkSync(resolve('node_modules', name), to);
}

test('what is packed runs under plain Node, with nothing else installed', () => {
  expect(run(process.execPath, copy('consumer.ts')).trimEnd().split('\n')).toEqual([
    'failed false',
    'greet hello world',
    'answer and bye',
    'idle running',
    'idle 143 0',
    'job-invalid unknown-stanza',
    'job-invalid expected-variable-name',
    'killTimeout',
    'run,waiting',
  ]);
});

test('the machine of a job runs in the XState of whoever has one', () => {
  link('xstate');
  expect(run(process.execPath, copy('simulation.ts')).trimEnd().split('\n')).toEqual([
    '{"run":{"preStart":"process"}}',
    '{"run":"stopping"} stop',
    'run,waiting',
  ]);
});

test('its types are right, and what is wrong does not compile', () => {
  link('@types');
  link('undici-types');
  expect(typeErrors(['consumer.ts', 'misuse.ts'].map(copy))).toBe('');
});

test('the machine is one for XState’s types too', () => {
  // XState's own types are not right under all these options.
  expect(typeErrors([copy('simulation.ts')], { skipLibCheck: true })).toBe('');
});

test('the guide’s examples compile, and the first one runs', () => {
  const guide = readFileSync(resolve('docs/embedding.md'), 'utf8');
  const blocks = Array.from(guide.matchAll(/^```ts\n(.*?)^```$/gms), ([, block = '']) => block);
  expect(blocks.length).toBeGreaterThan(6);
  const files = blocks.map((block, at) => {
    const file = `guide-${at}.ts`;
    writeFileSync(join(folder, file), surroundingsOf(block) + block);
    return file;
  });
  expect(typeErrors(files, { skipLibCheck: true })).toBe('');
  expect(run(process.execPath, 'guide-0.ts')).toBe('greet good morning\nafter and good bye\n');
});

/** What the guide does not say over and over. */
function surroundingsOf(block: string): string {
  return [
    ...(block.includes('import ') ? [] : ["import { type Clock, createEngine } from 'domstart';"]),
    ...(/const engine\b|using engine\b/.test(block)
      ? []
      : ["declare const engine: import('domstart').Engine;"]),
    'declare const signal: AbortSignal;\n',
  ].join('\n');
}

function typeErrors(files: readonly string[], options: object = {}): string {
  const compilerOptions = {
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    erasableSyntaxOnly: true,
    noEmit: true,
    ...options,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  return run(resolve('node_modules/.bin/tsc'), '-p', 'tsconfig.json');
}
