import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPool, fitsMember, imageInMember, type Pool } from '../../src/domain/pool.ts';
import { parseJob } from '../../src/language/parse-job.ts';
import type { JobDefinition } from '../../src/model/job.ts';
import type { ReadyDomain, ReadyRequest } from '../../src/ports/hypervisor.ts';
import type { BuiltImage } from '../../src/ports/images.ts';
import { ManualClock } from '../support/manual-clock.ts';

let runDir: string;
let clock: ManualClock;
let pool: Pool;
let problems: string[];
let made: { request: ReadyRequest; end: () => void; destroyed: number }[];
let fail: Error | undefined;

const IMAGE: BuiltImage = {
  ...{ kernel: '/kernel', conservativeKernel: '/kernel', initrd: '/run/initrd', cached: true },
  own: { base: '/base', from: 100, bytes: 5 },
  description: 'busybox',
};

beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), 'domstart-test-'));
  clock = new ManualClock();
  problems = [];
  made = [];
  fail = undefined;
  pool = createPool({
    ...{ clock, runDir },
    blank: async ({ token }) => ({ ...IMAGE, description: token }),
    hypervisorFor: async ({ on }) => (on === 'qemu' ? {} : { ready }),
    onProblem: ({ message }) => problems.push(message),
  });
});

afterEach(async () => {
  await pool[Symbol.asyncDispose]();
  expect(readdirSync(runDir)).toEqual([]);
  rmSync(runDir, { recursive: true });
});

async function ready(request: ReadyRequest): Promise<ReadyDomain> {
  if (fail !== undefined) throw fail;
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const one = { request, end, destroyed: 0 };
  made.push(one);
  return {
    over,
    start: () => Promise.reject(new Error('not in this test')),
    async destroy() {
      one.destroyed += 1;
      end();
    },
  };
}

function job(count: number, more = ''): JobDefinition {
  const text = `domain pool ${count}\nimage from busybox\n${more}\nguest a\n    exec true\nend guest\n`;
  const parsed = parseJob({ text, file: '/etc/domstart/a.conf', dialect: 'domstart' }).job;
  if (parsed === undefined) throw new Error('a job');
  return parsed;
}

const settled = (count: number) => vi.waitUntil(() => made.length === count, 20_000);
const destroyed = () => made.map((one) => one.destroyed);

test('as many are made as are wanted, each with an id, a folder and a token of its own', async () => {
  pool.setJobs([job(3, 'domain name web')]);
  await settled(3);
  expect(new Set(made.map(({ request }) => request.id)).size).toBe(3);
  expect(new Set(made.map(({ request }) => request.image.description)).size).toBe(3);
  expect(made[0]?.request.domain.name).toBeUndefined();
  expect(readdirSync(runDir)).toHaveLength(3);
});

test('one that is taken is the taker’s, and another one is made', async () => {
  const one = job(1);
  pool.setJobs([one]);
  await settled(1);
  const member = await vi.waitUntil(() => pool.take(one), 20_000);
  expect(member.folder.id).toBe(made[0]?.request.id);
  expect(pool.take(one)).toBeUndefined();
  // Its run boots first.
  clock.turn(60_000);
  expect(made).toHaveLength(1);
  member.settled();
  member.settled();
  clock.turn(5_000);
  await settled(2);
  // Its end is of no interest any more.
  made[0]?.end();
  pool.setJobs([]);
  await vi.waitUntil(() => destroyed()[1] === 1, 20_000);
  expect(destroyed()).toEqual([0, 1]);
  await member.folder.remove();
});

test('a job that is another one now gets other domains; a new text of its guest is handed in', async () => {
  const one = job(1);
  pool.setJobs([one]);
  await settled(1);
  const guest = { ...one, domain: { ...one.domain, timeout: 5 } } as JobDefinition;
  pool.setJobs([guest]);
  const taken = await vi.waitUntil(() => pool.take(guest), 20_000);
  taken.settled();
  clock.turn(5_000);
  await settled(2);
  pool.setJobs([job(1, 'domain memory 200M')]);
  await settled(3);
  await vi.waitUntil(() => destroyed()[1] === 1, 20_000);
  await taken.folder.remove();
});

test('one that somebody ends is removed, and after a while another one is made', async () => {
  pool.setJobs([job(1)]);
  await settled(1);
  await vi.waitUntil(() => readdirSync(runDir).length === 1, 20_000);
  made[0]?.end();
  await vi.waitUntil(() => readdirSync(runDir).length === 0, 20_000);
  expect(made).toHaveLength(1);
  clock.turn(60_000);
  await settled(2);
});

test('what cannot be made is told once, leaves nothing, and is tried again', async () => {
  fail = new Error('no memory');
  pool.setJobs([job(2)]);
  await vi.waitUntil(() => problems.length === 1, 20_000);
  expect(readdirSync(runDir)).toEqual([]);
  clock.turn(60_000);
  await vi.waitUntil(() => clock.armed > 0, 20_000);
  expect(problems).toEqual(['no memory']);
  fail = undefined;
  clock.turn(60_000);
  await settled(2);
});

test('where domains are created in no time there is no pool', async () => {
  pool.setJobs(
    [job(2, 'domain on xen')].map(
      (one) => ({ ...one, domain: { ...one.domain, on: 'qemu' } }) as JobDefinition,
    ),
  );
  await new Promise(setImmediate);
  expect(made).toEqual([]);
  expect(readdirSync(runDir)).toEqual([]);
});

test('a run fits where it shares kernel and base and brings little, and has the disk that is there', async () => {
  const output = { path: '/pool/out', paths: [], limits: { bytes: 1, count: 1 } };
  const disks = [{ path: '/pool/out', format: 'raw', readOnly: false }] as const;
  const member = { image: { ...IMAGE, output, disks } } as unknown as Parameters<
    typeof fitsMember
  >[0];
  const own = { base: '/base', from: 100, bytes: 5 };
  expect(fitsMember(member, { ...IMAGE, own })).toBe(true);
  expect(fitsMember(member, { ...IMAGE, own: { ...own, base: '/other' } })).toBe(false);
  expect(fitsMember(member, { ...IMAGE, own: { ...own, bytes: 1e6 } })).toBe(false);
  expect(fitsMember(member, { ...IMAGE, kernel: '/other' })).toBe(false);
  const { own: _, ...whole } = IMAGE;
  expect(fitsMember(member, whole)).toBe(false);
  const run = { ...IMAGE, output: { ...output, path: '/run/out', paths: ['/x'] } };
  expect(imageInMember(member, run)).toMatchObject({
    ...{ disks, output: { path: '/pool/out', paths: ['/x'] } },
    description: 'busybox, from the pool',
  });
});
