import fc from 'fast-check';
import { expect, test } from 'vitest';
import { installGuest, restoreGuest } from '../../src/guest/install.ts';
import { parseJob } from '../../src/language/parse-job.ts';
import { resolveInTree } from '../../src/tree/resolve.ts';
import { guestOf } from './guest-tree.ts';
import { type MemoryTree, memoryTree } from './memory-tree.ts';

const { signal } = new AbortController();
const options = { force: true, dryRun: false, signal };

const NAMES = ['a', 'b', 'rc-noklus', 'sub/a', 'z'];
const TEXTS = [
  'start on startup\nexec x\n',
  'exec y\n',
  'start on a\nstart on b\n',
  'broken\n',
  '',
];

const FOLDERS = { 'event.d': '/etc/event.d', init: '/etc/init' } as const;

type Init = keyof typeof FOLDERS;

const trees = (init: Init) =>
  fc
    .uniqueArray(
      fc.record({
        name: fc.constantFrom(...NAMES),
        ending: fc.constantFrom(...(init === 'init' ? ['.conf', '.override'] : [''])),
        node: fc.oneof(
          fc.constantFrom(...TEXTS),
          fc
            .constantFrom(
              'a',
              'z',
              'b.conf',
              'rc-noklus',
              'rc-noklus.conf',
              'rc-noklus.override',
              '/usr/job',
              '/usr',
              'nowhere',
            )
            .map((link) => ({ link })),
        ),
      }),
      { selector: ({ name, ending }) => name + ending },
    )
    .map((jobs) =>
      Object.fromEntries(
        jobs.map(({ name, ending, node }) => [`${FOLDERS[init]}/${name}${ending}`, node]),
      ),
    );

const steps = fc.array(
  fc.record({
    act: fc.constantFrom('a', 'rc-noklus', 'new', 'restore'),
    /** Operations until it is interrupted. */
    until: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.nat(8)),
  }),
  { maxLength: 5 },
);

async function take(tree: MemoryTree, init: Init, act: string, until: number): Promise<void> {
  tree.left = until;
  const guest = guestOf(`start on startup\nexec ${act}\n`, { init, name: act });
  const done = act === 'restore' ? restoreGuest(tree, options) : installGuest(tree, guest, options);
  await done.catch((error) => {
    if (error.message !== 'stopped') throw error;
  });
  tree.left = Number.POSITIVE_INFINITY;
}

test.each<Init>(['event.d', 'init'])(
  '%s: whatever is installed, restored and interrupted, all comes back',
  async (init) => {
    await fc.assert(
      fc.asyncProperty(trees(init), steps, async (jobs, acts) => {
        const tree = memoryTree({ ...jobs, '/usr/job': TEXTS[0] as string }, [FOLDERS[init]]);
        const before = new Map(tree.files);
        for (const { act, until } of acts) await take(tree, init, act, until);
        await take(tree, init, 'restore', Number.POSITIVE_INFINITY);
        expect(sorted(tree.files)).toEqual(sorted(before));
      }),
      { numRuns: 300 },
    );
  },
);

test.each<Init>(['event.d', 'init'])('%s: twice is once, after whatever', async (init) => {
  await fc.assert(
    fc.asyncProperty(trees(init), steps, async (jobs, acts) => {
      const tree = memoryTree({ ...jobs, '/usr/job': TEXTS[0] as string }, [FOLDERS[init]]);
      for (const { act, until } of acts) await take(tree, init, act, until);
      await take(tree, init, 'a', Number.POSITIVE_INFINITY);
      const once = sorted(tree.files);
      const guest = guestOf('start on startup\nexec a\n', { init, name: 'a' });
      expect((await installGuest(tree, guest, options)).operations).toEqual([]);
      expect(sorted(tree.files)).toEqual(once);
    }),
    { numRuns: 200 },
  );
});

test.each<Init>(['event.d', 'init'])('%s: one job starts, whatever was there', async (init) => {
  await fc.assert(
    fc.asyncProperty(trees(init), steps, async (jobs, acts) => {
      const tree = memoryTree({ ...jobs, '/usr/job': TEXTS[0] as string }, [FOLDERS[init]]);
      for (const { act, until } of acts) await take(tree, init, act, until);
      await take(tree, init, 'rc-noklus', Number.POSITIVE_INFINITY);
      expect(await startingJobs(tree, init)).toEqual(['rc-noklus']);
    }),
    { numRuns: 300 },
  );
});

/** The jobs that an Upstart would start there; it follows links, also to folders. */
async function startingJobs(tree: MemoryTree, init: Init): Promise<string[]> {
  const starting: string[] = [];
  async function textAt(path: string): Promise<string | undefined> {
    const there = await resolveInTree(tree, path);
    return there?.entry.kind === 'file' ? String(await tree.read(there.path)) : undefined;
  }
  async function walk(folder: string, above: string): Promise<void> {
    for (const { name } of await tree.list(folder)) {
      if (name.startsWith('.') || name.endsWith('~')) continue;
      const path = `${folder}/${name}`;
      const there = await resolveInTree(tree, path);
      if (there?.entry.kind === 'folder') await walk(there.path, `${above}${name}/`);
      const text = await textAt(path);
      if (text === undefined || (init === 'init' && !name.endsWith('.conf'))) continue;
      const job = `${above}${name}`.replace(/\.conf$/, '');
      const override =
        init === 'init' ? await textAt(path.replace(/conf$/, 'override')) : undefined;
      const options = { text, file: name, name: job, dialect: init };
      const over = override === undefined ? {} : { override };
      const { startOn } = parseJob({ ...options, ...over }).job ?? {};
      if (startOn !== undefined && !JSON.stringify(startOn).includes('never')) starting.push(job);
    }
  }
  await walk(FOLDERS[init], '');
  return starting.sort();
}

function sorted(files: ReadonlyMap<string, unknown>): unknown[] {
  return Array.from(files).sort(([a], [b]) => (a < b ? -1 : 1));
}
