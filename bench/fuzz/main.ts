/**
 * `npm run fuzz -- [--minutes N] [--seed S]`: random and mutated texts through the language. What
 * is treated wrongly is shown, made small, once for each way of being wrong; the status is then 1.
 * The same seed finds it again.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { EVERY } from '../../src/language/stanzas/stanza.ts';
import { STANZAS } from '../../src/language/stanzas/table.ts';
import { examine, examineXen } from './examine.ts';
import { makeInput } from './inputs.ts';
import { createRandom } from './random.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error('usage: npm run fuzz -- [--minutes N] [--seed S]');
  process.exit(64);
}

const root = resolve(import.meta.dirname, '../..');
const FOLDERS = ['test/language/upstart-cases', 'test/language/upstart-cases-0.3', 'jobs'].concat(
  ['init', 'chromeos', 'eventd', 'xencfg'].map((name) => join('../shared/corpus/open', name)),
);

function readSeeds(): string[] {
  const files = FOLDERS.map((folder) => join(root, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((file) => statSync(file).isFile() && !file.endsWith('.verdict'));
  return [
    ...STANZAS.map(({ example }) => example),
    ...files.map((file) => readFileSync(file, 'utf8')),
  ];
}

/** Milliseconds that all of it may take: far above what it does, and linear. */
function allowance(text: string): number {
  return 250 + text.length / 20;
}

function findingOf(text: string): string | undefined {
  for (const dialect of EVERY) {
    const finding = examine(text, dialect);
    if (finding !== undefined) return `${dialect}: ${finding}`;
  }
  return examineXen(text);
}

interface Examined {
  readonly finding: string | undefined;
  readonly ms: number;
}

/** The processor's time counts, and only when it is needed three times: others use it too. */
function examineAll(text: string): Examined {
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3; attempt++) {
    const begin = process.cpuUsage();
    const finding = findingOf(text);
    const { user, system } = process.cpuUsage(begin);
    best = Math.min(best, (user + system) / 1000);
    if (finding !== undefined || best <= allowance(text)) return { finding, ms: best };
  }
  return { finding: `took ${best.toFixed(0)} ms for ${text.length} characters`, ms: best };
}

/** The text without whatever it does not need to be wrong in that way. */
function shrink(text: string, way: string): string {
  let small = text;
  for (let size = Math.ceil(small.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < small.length; ) {
      const without = small.slice(0, at) + small.slice(at + size);
      if (!wrongAs(without, way)) at += size;
      else small = without;
    }
  }
  return small;
}

function wrongAs(text: string, way: string): boolean {
  return wayOf(examineAll(text).finding ?? '') === way;
}

/** Numbers, and what follows the first line, do not matter. */
function wayOf(finding: string): string {
  return (finding.split('\n')[0] ?? '').replaceAll(/\d+/g, 'N');
}

const random = createRandom(seed);
const seeds = readSeeds();
const kinds: Record<string, number> = {};
const end = performance.now() + minutes * 60_000;
let characters = 0;
let slowest = { ms: 0, length: 0 };
const findings = new Map<string, string>();
while (performance.now() < end) {
  const { kind, text } = makeInput(random, seeds);
  const { finding, ms } = examineAll(text);
  kinds[kind] = (kinds[kind] ?? 0) + 1;
  characters += text.length;
  if (ms > slowest.ms) slowest = { ms, length: text.length };
  if (finding !== undefined) keep(`${kind}: `, text, finding);
}

/** One text for each way of being wrong. */
function keep(kind: string, text: string, finding: string): void {
  const way = wayOf(finding);
  if (findings.has(way)) return;
  findings.set(way, '');
  const small = shrink(text, way);
  findings.set(way, `${kind}${JSON.stringify(small.slice(0, 2000))}\n${examineAll(small).finding}`);
}

const inputs = Object.values(kinds).reduce((sum, count) => sum + count, 0);
const each = Object.entries(kinds).map(([kind, count]) => `${kind} ${count}`);
console.log(
  `seed ${seed}: ${inputs} inputs, ${(characters / 1e6).toFixed(1)} million characters, ` +
    `each in ${EVERY.length} dialects and as a Xen config\n${each.join(', ')}\n` +
    `slowest: ${slowest.ms.toFixed(0)} ms for ${slowest.length} characters; findings: ${findings.size}`,
);
for (const finding of findings.values()) console.log(`\n${finding}`);
if (findings.size > 0) process.exitCode = 1;
