import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJob } from '../../../src/language/parse-job.ts';
import { importXenConfig } from '../../../src/language/xen/import-config.ts';
import { toXenConfig } from '../../../src/language/xen/to-config.ts';
import type { DomainSpec, XenValue } from '../../../src/model/domain.ts';
import { expandDomain } from '../../../src/model/expand-domain.ts';

/** What a domain of these tests has beside what xl.cfg says. */
const REST = {
  image: { source: { kind: 'disk', path: 'a.img' }, copies: [], interfaces: [] },
  console: { ready: [], fail: [], watch: [] },
} as const;

/** The domain that the import's lines make in a job, its patterns expanded. */
function domainOf(config: string): DomainSpec {
  const { lines, diagnostics } = importXenConfig(config);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const text = ['image from disk a.img', ...lines, ''].join('\n');
  const { job, diagnostics: wrong } = parseJob({ text, file: 'x.conf', dialect: 'domstart' });
  expect(wrong).toEqual([]);
  const expansion = expandDomain(job?.domain as DomainSpec, new Map());
  if (!expansion.ok) throw new Error(JSON.stringify(expansion));
  return expansion.domain;
}

const character = fc.oneof(
  fc.constantFrom(...' \t"\'\\$#{}[](),;=%+-\r\x01\x7f\u00e4\u2028\u{1f600}'),
  fc.constantFrom(...'abcXYZ019_./:'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
);
const anyText = fc
  .string({ unit: character, maxLength: 20 })
  .map((text) => text.replaceAll('\0', ''));
/** What an argument of a stanza can be. */
const argument = anyText.map((text) => text.replaceAll('\n', '')).filter((text) => text !== '');

const { value } = fc.letrec<{ value: XenValue; list: XenValue[] }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, anyText, fc.maxSafeNat(), tie('list')),
  list: fc.array(tie('value'), { maxLength: 6 }),
}));

const OWN = new Set(
  'name type builder kernel ramdisk root extra memory vcpus vif disk pci'.split(' '),
);
const key = fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/).filter((text) => !OWN.has(text));

const domain = fc
  .record(
    {
      name: fc.stringMatching(/^[\w.+:-]{1,20}$/),
      type: fc.constantFrom('pv', 'pvh', 'hvm'),
      kernel: argument,
      ramdisk: argument,
      root: argument,
      extra: argument,
      memory: fc.integer({ min: 1, max: 1024 * 1024 }),
      vcpus: fc.integer({ min: 1, max: 128 }),
      disks: fc.array(
        argument.map((text) => `${text},raw,xvda`),
        { minLength: 1, maxLength: 3 },
      ),
      pci: fc.array(
        argument.map((text) => `03:00.0,${text}`),
        { minLength: 1, maxLength: 3 },
      ),
      settings: fc.uniqueArray(fc.record({ key, value }), {
        minLength: 1,
        maxLength: 5,
        selector: (setting) => setting.key,
      }),
    },
    { requiredKeys: [] },
  )
  .chain((most) =>
    fc
      .array(fc.oneof(fc.constant(''), argument), { maxLength: 3 })
      .map((vifs) => ({ ...REST, ...most, vifs }) as DomainSpec),
  );

describe('a domain as xl.cfg', () => {
  test('reads back as the same domain, whatever its texts hold', () => {
    fc.assert(
      fc.property(domain, (spec) => {
        expect(domainOf(toXenConfig(spec))).toEqual(spec);
      }),
      { numRuns: 500 },
    );
  });

  test('is the same text whoever wrote it', () => {
    fc.assert(
      fc.property(domain, (spec) => {
        const text = toXenConfig(spec);
        expect(toXenConfig(domainOf(text))).toBe(text);
      }),
      { numRuns: 100 },
    );
  });

  test('is a line a key, and the long lists a line an item', () => {
    const spec: DomainSpec = {
      ...REST,
      type: 'pvh',
      kernel: '/boot/vmlinuz "new"',
      memory: 96,
      vifs: ['', 'bridge=a'],
      disks: [`/srv/${'a'.repeat(60)},raw,xvda`, `/srv/${'b'.repeat(60)},raw,xvdb`],
      settings: [
        { key: 'on_crash', value: 'destroy\n' },
        { key: 'acpi', value: 0 },
      ],
    };
    expect(toXenConfig(spec, { name: 'x', comments: ['two\nlines'] })).toBe(`# two
# lines
name = "x"
type = "pvh"
kernel = "/boot/vmlinuz \\"new\\""
memory = 96
vif = ["", "bridge=a"]
disk = [
    "/srv/${'a'.repeat(60)},raw,xvda",
    "/srv/${'b'.repeat(60)},raw,xvdb",
]
on_crash = "destroy\\n"
acpi = 0
`);
  });

  test('cannot hold a NUL', () => {
    const settings = [{ key: 'serial', value: ['a', ['b\0']] }];
    expect(() => toXenConfig({ ...REST, vifs: [], settings })).toThrow(
      expect.objectContaining({
        code: 'not-supported',
        message: expect.stringContaining('serial'),
      }),
    );
  });
});

/** Configs that other people wrote; not ours to ship, so beside the repository or not there. */
const CORPUS = join(import.meta.dirname, '../../../../shared/corpus/open/xencfg');
const there = existsSync(CORPUS);

describe.skipIf(!there)(
  `Xen configs that other people wrote${there ? '' : ' (skipped: there is no ../shared/corpus)'}`,
  () => {
    const configs = there
      ? readdirSync(CORPUS).map((file) => ({
          file,
          text: readFileSync(join(CORPUS, file), 'utf8'),
        }))
      : [];
    const imported = configs.map((config) => ({ ...config, ...importXenConfig(config.text) }));
    const kinds = (kind: string) => imported.filter((config) => config.kind === kind);

    test('are plain, programs or broken as Python itself finds them', () => {
      expect(
        [kinds('plain'), kinds('program'), kinds('broken')].map((list) => list.length),
      ).toEqual([258, 41, 3]);
      const codes = new Set(kinds('program').flatMap((one) => one.diagnostics.map((d) => d.code)));
      expect(codes).toEqual(new Set(['xen-config-program']));
    });

    test('become stanzas, wherever they are plain', () => {
      const silent = kinds('plain').filter(({ lines }) => lines.length === 0);
      expect(silent.map(({ file }) => file)).toEqual([]);
    });

    test('are the same domain when they are written out and read again', () => {
      for (const { text } of kinds('plain')) {
        const spec = domainOf(text);
        expect(domainOf(toXenConfig(spec))).toEqual(spec);
      }
    });
  },
);
