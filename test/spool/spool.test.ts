import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DomstartError } from '../../src/model/errors.ts';
import type { SpoolEntry, SpoolJournal } from '../../src/ports/spool-journal.ts';
import type { SpoolOutcome } from '../../src/spool/run.ts';
import {
  createSpool,
  HELD,
  type Spool,
  type SpoolOptions,
  type SpoolRequest,
} from '../../src/spool/spool.ts';
import { systemClock } from '../support/system-clock.ts';

let folder: string;
let entries: Map<string, SpoolEntry>;
let steps: string[];
let spools: Spool[];
let requests: SpoolRequest[];
let problems: string[];
/** What the job does. */
let act: (request: SpoolRequest) => Promise<SpoolOutcome | { outcome: 'cut off'; reason: string }>;

const journal: SpoolJournal = {
  async keep(entry) {
    entries.set(entry.run, entry);
    steps.push(entry.step);
  },
  note: (entry) => void journal.keep(entry),
  async forget(run) {
    entries.delete(run);
  },
  unfinished: () => [...entries.values()].filter(({ step }) => step !== 'over'),
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-test-'));
  [entries, steps, spools, requests, problems] = [new Map(), [], [], [], []];
  act = async () => ({ outcome: 'done', status: 0, endedAt: Date.now() });
});

afterEach(async () => {
  await Promise.all(spools.map((spool) => spool.close()));
  rmSync(folder, { recursive: true });
});

function serve(options: Partial<SpoolOptions> = {}): Spool {
  const stops = new Map<string, () => void>();
  const spool = createSpool({
    ...{ folder, job: 'job', limit: 2, attempts: 3, clock: systemClock, journal },
    versions: { domstart: '0' },
    runner: {
      run(request) {
        requests.push(request);
        const stopped = new Promise<SpoolOutcome>((resolve) => {
          stops.set(request.run, () =>
            resolve({ outcome: 'failed', reason: 'it was stopped', endedAt: 0 }),
          );
        });
        return Promise.race([act(request), stopped]);
      },
      goesOn: () => false,
      stop: (run) => stops.get(run)?.(),
    },
    onProblem: ({ message }) => problems.push(message),
    ...options,
  });
  spools.push(spool);
  return spool;
}

const at = (...names: string[]) => join(folder, ...names);
const names = (of: string) => readdirSync(at(of)).sort();
const until = (is: () => boolean) => vi.waitUntil(is, { timeout: 25_000, interval: 10 });
const ready = (spool: Spool) =>
  until(() => spool.status().state !== 'opening' && existsSync(at('in')));

function drop(name: string, content = 'content'): void {
  writeFileSync(at(`.${name}`), content);
  renameSync(at(`.${name}`), at('in', name));
}

const told = (of: string, name: string) =>
  JSON.parse(readFileSync(at(of, name, 'run.json'), 'utf8'));

test('a file that is renamed in is run, and its result appears with all that belongs to it', async () => {
  act = async ({ place }) => {
    writeFileSync(place.console, 'printed\n');
    writeFileSync(join(place.output, 'answer'), readFileSync(place.file));
    return { outcome: 'done', status: 0, startedAt: 1, endedAt: 2, facts: { machine: 'm' } };
  };
  await ready(serve());
  drop('a');
  await until(() => names('done').length === 1);
  expect(names('done/a')).toEqual(['console.log', 'file', 'output', 'run.json', 'status']);
  expect(readFileSync(at('done/a/output/answer'), 'utf8')).toBe('content');
  expect(readFileSync(at('done/a/file/a'), 'utf8')).toBe('content');
  expect(readFileSync(at('done/a/status'), 'utf8')).toBe('0\n');
  expect(told('done', 'a')).toMatchObject({
    ...{ version: 1, job: 'job', name: 'a', outcome: 'done', status: 0, attempt: 1 },
    facts: { machine: 'm' },
  });
  await until(() => names('work').length === 0);
  expect(steps).toEqual(['claimed', 'ended', 'over']);
  expect(names('in')).toEqual([]);
});

test('what was there before is taken when it stood still; one that is written to when it is whole', async () => {
  mkdirSync(at('in'));
  writeFileSync(at('in/old'), 'old');
  await ready(serve());
  writeFileSync(at('in/marked'), 'part');
  writeFileSync(at('in/marked.done'), '');
  await until(() => existsSync(at('done/marked')));
  expect(existsSync(at('done/old'))).toBe(false);
  await until(() => existsSync(at('done/old')));
  expect(names('in')).toEqual([]);
});

test('hidden names and markers without a file are left alone', async () => {
  await ready(serve());
  writeFileSync(at('in/.part'), 'x');
  writeFileSync(at('in/later.done'), '');
  drop('a');
  await until(() => names('done').length === 1);
  expect(names('in')).toEqual(['.part', 'later.done']);
  writeFileSync(at('in/later'), 'x');
  await until(() => existsSync(at('done/later')));
  expect(names('in')).toEqual(['.part']);
});

test('links, sockets and the like are never run, and links not followed', async () => {
  await ready(serve());
  symlinkSync('/etc/hostname', at('in/link'));
  symlinkSync('/nowhere', at('in/dangling'));
  const server = createServer().listen(at('in/socket'));
  await until(() => names('failed').length === 3);
  server.close();
  expect(requests).toEqual([]);
  expect(told('failed', 'link').reason).toBe(
    'not taken: it is a symbolic link, and links are not followed',
  );
  expect(told('failed', 'socket').reason).toBe('not taken: it is a socket');
});

test('a name that is taken in done/ gets a number; what is there stays', async () => {
  await ready(serve());
  mkdirSync(at('done/a'));
  writeFileSync(at('done/a/own'), '');
  writeFileSync(at('done/a.2'), '');
  drop('a');
  await until(() => existsSync(at('done/a.3')));
  expect(names('done')).toEqual(['a', 'a.2', 'a.3']);
  expect(names('done/a')).toEqual(['own']);
});

test('so many at once, and why the others wait', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  act = async () => {
    await promise;
    return { outcome: 'done', endedAt: Date.now() };
  };
  const spool = serve();
  await ready(spool);
  for (const name of ['a', 'b', 'c']) drop(name);
  await until(() => requests.length === 2);
  expect(spool.status()).toMatchObject({
    ...{ state: 'serving', reason: 'all 2 of its places are taken (`spool limit`)' },
  });
  expect(names('in')).toHaveLength(1);
  resolve();
  await until(() => names('done').length === 3);
});

test('on hold nothing is claimed, until it is released', async () => {
  const spool = serve();
  await ready(spool);
  writeFileSync(at(HELD), '');
  drop('a');
  await until(() => spool.status().state === 'held');
  await new Promise((next) => setTimeout(next, 100));
  expect(names('in')).toEqual(['a']);
  rmSync(at(HELD));
  await until(() => names('done').length === 1);
});

test('one that runs is cancelled by its name, and has failed then', async () => {
  act = () => new Promise(() => {});
  const spool = serve();
  await ready(spool);
  drop('a');
  await until(() => requests.length === 1);
  expect(spool.cancel('b')).toBe(false);
  expect(spool.cancel('a')).toBe(true);
  await until(() => names('failed').length === 1);
  expect(told('failed', 'a').reason).toBe('cancelled');
});

test('one that the host cuts off is run again, in a folder of its own, as often as may be', async () => {
  act = async ({ place }) => {
    writeFileSync(join(place.output, 'mine'), '');
    return { outcome: 'cut off', reason: 'QEMU was killed' };
  };
  await ready(serve());
  drop('a');
  await until(() => names('failed').length === 1);
  expect(requests.map(({ place }) => place.result.slice(-2))).toEqual(['/1', '/2', '/3']);
  expect(told('failed', 'a')).toMatchObject({
    attempt: 3,
    reason: 'QEMU was killed (it was cut off 3 times, as often as `spool attempts` lets it be)',
  });
  await until(() => names('work').length === 0);
});

test('a second one stands by, and goes on with what the first has left', async () => {
  act = () => new Promise(() => {});
  const first = serve();
  await ready(first);
  drop('a');
  await until(() => requests.length === 1);
  const second = serve();
  await until(() => second.status().state === 'standby');
  act = async () => ({ outcome: 'done', endedAt: Date.now() });
  // As a stop does.
  first.pause();
  first.cancel('a');
  await first.close();
  drop('b');
  await until(() => existsSync(at('done/b')));
  expect(second.status().state).toBe('serving');
});

test('a journal that cannot be written stops the claims, is told once, and it goes on by itself', async () => {
  let fails = true;
  const full = new DomstartError('no-room', 'no room for the journal');
  const keep: SpoolJournal['keep'] = (entry) =>
    fails ? Promise.reject(full) : journal.keep(entry);
  await ready(serve({ journal: { ...journal, keep } }));
  drop('a');
  await until(() => problems.length > 0);
  await new Promise((next) => setTimeout(next, 1500));
  expect(problems).toEqual(['no room for the journal']);
  expect(names('in')).toEqual(['a']);
  expect(requests).toEqual([]);
  fails = false;
  await until(() => existsSync(at('done/a')));
  // What is left of it goes behind its result.
  await until(() => names('work').length === 0);
});

/** A job that ends when it is told to. */
function heldJob(): () => void {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  act = async () => {
    await ended;
    return { outcome: 'done', endedAt: Date.now() };
  };
  return end;
}

test('folders of a spool that are removed are made again, and nobody need know', async () => {
  const end = heldJob();
  await ready(serve());
  drop('a');
  await until(() => requests.length === 1);
  rmSync(at('done'), { recursive: true });
  rmSync(at('failed'), { recursive: true });
  end();
  await until(() => existsSync(at('done/a')));
  expect(problems).toEqual([]);
  expect(readdirSync(at('failed'))).toEqual([]);
});

test('what is no folder is told by its name, and it goes on when that is one again', async () => {
  const end = heldJob();
  const spool = serve();
  await ready(spool);
  drop('a');
  await until(() => requests.length === 1);
  rmSync(at('done'), { recursive: true });
  writeFileSync(at('done'), 'something else');
  end();
  await until(() => spool.status().state === 'troubled');
  expect(spool.status().reason).toBe(`cannot use the spool ${folder}: ${at('done')} is no folder`);
  expect(problems).toEqual([spool.status().reason]);
  rmSync(at('done'));
  await until(() => existsSync(at('done/a')));
  await until(() => spool.status().state === 'serving');
});

test('what somebody takes away while it runs has no result, and its place is free again', async () => {
  const end = heldJob();
  await ready(serve({ limit: 1 }));
  drop('a');
  await until(() => requests.length === 1);
  const place = requests[0]?.place.folder ?? '';
  rmSync(place, { recursive: true });
  end();
  await until(() => problems.length === 1);
  expect(problems).toEqual([`a has no result: ${place} was taken away while it ran`]);
  drop('b');
  await until(() => existsSync(at('done/b')));
  expect(names('done')).toEqual(['b']);
  expect(journal.unfinished('')).toEqual([]);
});

test('another folder in its place is served, with a lock of its own', async () => {
  const end = heldJob();
  await ready(serve({ limit: 1 }));
  drop('a');
  await until(() => requests.length === 1);
  renameSync(folder, `${folder}.moved`);
  mkdirSync(at('in'), { recursive: true });
  end();
  await until(() => problems.some((text) => text.includes('was taken away')));
  drop('b');
  await until(() => existsSync(at('done/b')));
  expect(problems).toContain(`the spool ${folder} was moved or replaced`);
  const second = serve();
  await until(() => second.status().state === 'standby');
  // What was moved is whole, for whoever serves it there.
  const [run = ''] = readdirSync(`${folder}.moved/work`);
  expect(readdirSync(`${folder}.moved/work/${run}/file`)).toEqual(['a']);
  rmSync(`${folder}.moved`, { recursive: true });
});

test('what a job has made of its file is handed over where it was cut off, and not lost', async () => {
  mkdirSync(at('work/aaaaaaaa-00000001/file'), { recursive: true });
  mkdirSync(at('work/aaaaaaaa-00000001/1/output'), { recursive: true });
  writeFileSync(at('work/aaaaaaaa-00000001/1/output/a'), 'content');
  const known = { run: 'aaaaaaaa-00000001', spool: folder, name: Buffer.from('a'), job: 'job' };
  entries.set(known.run, { ...known, step: 'claimed', attempt: 1, claimedAt: 1 });
  act = async ({ place }) => {
    renameSync(place.file, join(place.output, 'b'));
    return { outcome: 'cut off', reason: 'QEMU was killed' };
  };
  await ready(serve());
  drop('b');
  await until(() => names('failed').length === 2);
  const reason = 'its file was taken away by what ran: it cannot be run again';
  expect(told('failed', 'a')).toMatchObject({ reason, attempt: 1 });
  expect(readFileSync(at('failed/a/output/a'), 'utf8')).toBe('content');
  expect(told('failed', 'b')).toMatchObject({ reason });
  expect(requests).toHaveLength(1);
});

test('what is to be run again is seen, and can be cancelled', async () => {
  for (const name of ['a', 'b']) {
    mkdirSync(at(`work/aaaaaaaa-0000000${name}/file`), { recursive: true });
    writeFileSync(at(`work/aaaaaaaa-0000000${name}/file`, name), 'x');
    mkdirSync(at(`work/aaaaaaaa-0000000${name}/1`));
  }
  act = () => new Promise(() => {});
  const spool = serve({ limit: 1 });
  await until(() => requests.length === 1);
  expect(spool.status().again).toEqual([{ run: 'aaaaaaaa-0000000b', name: 'b', attempt: 2 }]);
  expect(spool.cancel('b')).toBe(true);
  await until(() => names('failed').length === 1);
  expect(told('failed', 'b')).toMatchObject({ reason: 'cancelled' });
  expect(spool.status().again).toEqual([]);
  expect(spool.cancel('a')).toBe(true);
  await until(() => names('failed').length === 2);
});

test('a marker that is older than what is written says nothing of it', async () => {
  await ready(serve());
  writeFileSync(at('in/a.done'), '');
  await new Promise((resolve) => setTimeout(resolve, 50));
  const writer = openSync(at('in/a'), 'w');
  writeSync(writer, 'first ');
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(requests).toEqual([]);
  writeSync(writer, 'last');
  closeSync(writer);
  await until(() => names('done').length === 1);
  expect(readFileSync(at('done/a/file/a'), 'utf8')).toBe('first last');
  // It goes with its file all the same.
  await until(() => names('in').length === 0);
});

test('a result whose account is empty, as after a fall of the machine, is none: the file is run again', async () => {
  mkdirSync(at('work/aaaaaaaa-00000001/1/file'), { recursive: true });
  writeFileSync(at('work/aaaaaaaa-00000001/1/file/a'), 'content');
  writeFileSync(at('work/aaaaaaaa-00000001/1/run.json'), '');
  mkdirSync(at('work/aaaaaaaa-00000002/file'), { recursive: true });
  writeFileSync(at('work/aaaaaaaa-00000002/file/b'), 'content');
  mkdirSync(at('work/aaaaaaaa-00000002/1'));
  writeFileSync(at('work/aaaaaaaa-00000002/1/run.json'), 'null');
  await ready(serve());
  await until(() => names('done').length === 2);
  expect(names('done')).toEqual(['a', 'b']);
  expect(told('done', 'a').attempt).toBe(2);
  expect(readFileSync(at('done/a/file/a'), 'utf8')).toBe('content');
  expect(problems).toEqual([]);
  await until(() => names('work').length === 0);
});

test('what was cut off is found by the journal and by the folders, and each is run once', async () => {
  mkdirSync(at('work/aaaaaaaa-00000001/file'), { recursive: true });
  writeFileSync(at('work/aaaaaaaa-00000001/file/known'), 'x');
  mkdirSync(at('work/aaaaaaaa-00000001/1'));
  const name = Buffer.from('known');
  const known = { run: 'aaaaaaaa-00000001', spool: folder, name, job: 'job', claimedAt: 1 };
  entries.set(known.run, { ...known, step: 'claimed', attempt: 1 });
  mkdirSync(at('work/aaaaaaaa-00000002/file'), { recursive: true });
  writeFileSync(at('work/aaaaaaaa-00000002/file/unknown'), 'x');
  mkdirSync(at('work/aaaaaaaa-00000003/1/output'), { recursive: true });
  mkdirSync(at('work/theirs'));
  mkdirSync(at('in'));
  writeFileSync(at('in/known.done'), '');
  await ready(serve());
  await until(() => names('done').length === 2);
  expect(told('done', 'known').attempt).toBe(2);
  expect(told('done', 'unknown').attempt).toBe(1);
  await until(() => names('work').length === 1);
  expect(names('work')).toEqual(['theirs']);
  expect(names('in')).toEqual([]);
});

test('a result that is whole is handed over as it is, also where the journal was lost', async () => {
  mkdirSync(at('work/aaaaaaaa-00000001/1'), { recursive: true });
  mkdirSync(at('work/aaaaaaaa-00000001/file'));
  writeFileSync(at('work/aaaaaaaa-00000001/file/%FF'), 'x');
  const nameBase64 = Buffer.from([0xff]).toString('base64');
  const account = JSON.stringify({ outcome: 'failed', name: '\uFFFD', nameBase64 });
  writeFileSync(at('work/aaaaaaaa-00000001/1/run.json'), account);
  await ready(serve());
  await until(() => names('failed').length === 1);
  expect(readdirSync(at('failed'), { encoding: 'buffer' })).toEqual([Buffer.from([0xff])]);
  expect(requests).toEqual([]);
});

test('a folder that cannot be a spool is told, and it is tried again', async () => {
  writeFileSync(at('in'), 'a file');
  serve();
  await until(() => problems.length === 1);
  expect(problems[0]).toMatch(/^cannot use the spool .*\/in is no folder$/);
  rmSync(at('in'));
  await until(() => existsSync(at('in')));
  drop('a');
  await until(() => existsSync(at('done/a')));
});
