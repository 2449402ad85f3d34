import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test, vi } from 'vitest';
import { takeOut } from '../../src/archive/take-out.ts';
import { DomstartError } from '../../src/model/errors.ts';
import { inChunks, pax, type RawHeader, raw, tar } from './raw-tar.ts';

vi.setConfig({ testTimeout: 120_000 });

const folder = mkdtempSync(join(tmpdir(), 'domstart-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Few names, so that entries meet each other. */
const part = fc.constantFrom('a', 'b', 'c', '..', '.', '', '\xff', 'l');
const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const field = fc.constantFrom(
  '0000000\0',
  '0000777\0',
  '0001777\0',
  '-1\0',
  '\x80\0\0\0\0\0\0\x07',
);

const header: fc.Arbitrary<RawHeader> = fc.record(
  {
    name: path,
    type: fc.constantFrom('0', '0', '1', '1', '2', '2', '2', '5', '5', '\0', '7', '3', 'S', '9'),
    target: path,
    content: fc.constantFrom('', '', '', 'x', 'y'.repeat(600)),
    size: fc.constantFrom('00000000000\0', '00000001000\0', '77777777777\0'),
    mode: field,
    uid: field,
    prefix: path,
  },
  { requiredKeys: ['name', 'type', 'target'] },
);
const extension = fc.oneof(
  fc
    .record({ path, linkpath: path, size: fc.nat(600).map(String) }, { requiredKeys: [] })
    .map((records) => pax(records)),
  path.map((content) => raw({ type: 'L', content })),
  path.map((content) => raw({ type: 'K', content })),
);
/** Most are tame enough for those behind them to be reached. */
const tame: fc.Arbitrary<RawHeader> = fc.record({
  name: fc
    .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join('/')),
  type: fc.constantFrom('0', '2', '5', '5', '1'),
  target: fc.constantFrom('a', 'b', '../a', '../../b', 'c/..', 'a/b', '.', '..'),
});
const entries = fc.array(fc.oneof({ arbitrary: tame, weight: 6 }, header, extension), {
  maxLength: 8,
});

/** Bytes that are changed, wherever that is. */
const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });

async function takeAll(bytes: Buffer): Promise<'taken' | 'refused'> {
  const above = mkdtempSync(join(folder, 'run-'));
  for (const name of ['a', 'b', 'c']) writeFileSync(join(above, name), 'outside');
  mkdirSync(join(above, 'l'));
  const into = join(above, 'out');
  const before = readdirSync(above);
  try {
    await takeOut({ tar: inChunks(bytes, 777), into, limits: { bytes: 5000, count: 20 } });
    expect(readdirSync(above).sort()).toEqual([...before, 'out'].sort());
    return 'taken';
  } catch (error) {
    if (!(error instanceof DomstartError)) throw error;
    expect(error.code).toBe('archive-invalid');
    expect(error.message).not.toMatch(/\p{Cc}/u);
    expect(readdirSync(above)).toEqual(before);
    return 'refused';
  } finally {
    for (const name of ['a', 'b', 'c']) {
      expect(readFileSync(join(above, name), 'utf8')).toBe('outside');
      expect(lstatSync(join(above, name)).nlink).toBe(1);
    }
    expect(readdirSync(join(above, 'l'))).toEqual([]);
    if (existsSync(into)) verifyInside(into);
    rmSync(above, { recursive: true });
  }
}

/** Nothing that came out leads out, is no file, folder or link, or has a bit of more rights. */
function verifyInside(into: string): void {
  const real = latin1(realpathSync.native(into, 'buffer'));
  const open = [Buffer.from(into)];
  for (let above = open.pop(); above !== undefined; above = open.pop()) {
    for (const name of readdirSync(above, { encoding: 'buffer' })) {
      const at = Buffer.concat([above, Buffer.from('/'), name]);
      const stat = lstatSync(at);
      if (stat.isDirectory()) open.push(at);
      else if (stat.isSymbolicLink()) expect(endOf(at, real).startsWith(`${real}/`)).toBe(true);
      else expect(stat.isFile()).toBe(true);
      expect(stat.mode & 0o7000).toBe(0);
    }
  }
}

/** Where a link leads; what leads to nothing does not lead out. */
function endOf(link: Buffer, real: string): string {
  // As bytes: a name need not be UTF-8.
  return `${existsSync(link) ? latin1(realpathSync.native(link, 'buffer')) : real}/`;
}

const latin1 = (bytes: Buffer) => bytes.toString('latin1');

test('whatever is in a tar, it is taken out inside or refused', async () => {
  const seen = { taken: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(entries, async (list) => {
      seen[await takeAll(tar(...list))] += 1;
    }),
    { numRuns: 200 },
  );
  // A fuzz that is always refused at its first entry would say nothing.
  expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(20);
});

test('whatever bytes are changed or missing, it is taken out inside or refused', async () => {
  await fc.assert(
    fc.asyncProperty(entries, damage, fc.nat(), async (list, changes, cut) => {
      const bytes = tar(...list);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      await takeAll(cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes);
    }),
    { numRuns: 200 },
  );
});

test('bytes that are no tar are refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 2000 }), async (bytes) => {
      fc.pre(bytes.some((byte) => byte !== 0));
      expect(await takeAll(Buffer.from(bytes))).toBe('refused');
    }),
    { numRuns: 50 },
  );
});
