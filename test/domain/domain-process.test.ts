import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAdoptions } from '../../src/domain/adoptions.ts';
import { createDomainProcess, sweepLeftRuns } from '../../src/domain/domain-process.ts';
import type { DomainProcessOptions } from '../../src/domain/domain-run.ts';
import type { Heir } from '../../src/domain/left-runs.ts';
import { claimRunFolder } from '../../src/domain/run-folder.ts';
import { type RunRecord, readRunRecord } from '../../src/domain/run-record.ts';
import {
  createSimulator,
  type Simulator,
  type Step,
} from '../../src/domain/simulator/simulator.ts';
import type { DomainSpec } from '../../src/model/domain.ts';
import { DomstartError } from '../../src/model/errors.ts';
import { formatEvent } from '../../src/model/event.ts';
import type { JobDefinition } from '../../src/model/job.ts';
import type { DomainRequest, Hypervisor } from '../../src/ports/hypervisor.ts';
import type { ImageBuilder } from '../../src/ports/images.ts';
import type { Ending, MainProcess, OutputLog, Spawned } from '../../src/ports/main-process.ts';
import { pidNamespace } from '../../src/system/proc.ts';
import { ManualClock } from '../support/manual-clock.ts';

let runDir: string;
let clock: ManualClock;
let token: string;

beforeEach(async () => {
  runDir = await mkdtemp(join(tmpdir(), 'domstart-test-'));
  clock = new ManualClock();
});

afterEach(async () => {
  expect(await readdir(runDir), 'what is left of the run').toEqual([]);
  await rm(runDir, { recursive: true });
});

const images: ImageBuilder = {
  async build(request) {
    token = request.token;
    return {
      kernel: 'kernel',
      conservativeKernel: 'bzImage',
      initrd: 'initrd',
      cached: true,
      description: 'simulated',
    };
  },
};

const guestJob: JobDefinition = {
  name: 'inside',
  dialect: 'event.d',
  emits: [],
  env: [],
  export: [],
  task: false,
  processes: { main: { kind: 'script', text: 'true' } },
  respawn: false,
  normalExit: [],
  limits: {},
  cgroups: [],
};

/** A domain with nothing of ours inside that would tell how it goes. */
const bare: DomainSpec = {
  image: { source: { kind: 'busybox' }, copies: [], interfaces: [] },
  vifs: [],
  console: { ready: [], fail: [], watch: [] },
};

const domain: DomainSpec = { ...bare, guest: { init: 'direct', job: guestJob } };

const print = (text: string): Step => ({ do: 'print', text: `${text}\r\n` });
const mark = (text: string): Step => print(`domstart:${token}:${text}`);
const poweroff: Step = { do: 'poweroff' };

interface Run {
  readonly process: MainProcess;
  readonly simulator: Simulator;
  /** Events, console lines and facts in the order in which they were told. */
  readonly told: string[];
}

function begin(
  script: (request: DomainRequest) => readonly Step[],
  spec: DomainSpec = domain,
  name = 'throwaway',
  more: Pick<JobDefinition, 'console'> &
    Pick<DomainProcessOptions, 'heir'> & {
      readonly log?: OutputLog;
      /** What the daemon before has read of the console of the domain that it left. */
      readonly seen?: readonly Step[];
      /** Before there is anything of the domain. */
      readonly onCreate?: (folder: string) => void;
    } = {},
): Run {
  const told: string[] = [];
  const simulator = createSimulator({ script });
  const { log, console, heir, seen } = more;
  const adopt: Hypervisor['adopt'] = async (request) => {
    for (const step of seen ?? []) {
      if (step.do === 'print') request.onConsole(new TextEncoder().encode(step.text));
    }
    request.onCaughtUp();
    return seen && simulator.create(request);
  };
  // As one whose domains outlive their process.
  const creates: Hypervisor['create'] = (request) => {
    more.onCreate?.(request.folder);
    request.onAdoptable?.();
    return simulator.create(request);
  };
  const create = createDomainProcess({
    ...{ hypervisor: { ...simulator, adopt, create: creates }, images, clock, runDir },
    ...(heir && { heir }),
  });
  const process = create({
    ...(log === undefined ? {} : { log }),
    job: {
      ...guestJob,
      name,
      dialect: 'domstart',
      processes: {},
      domain: spec,
      ...(console === undefined ? {} : { console }),
    },
    instance: 'one/two',
    environment: new Map([['FILE', 'load.sh']]),
    report: {
      emit: (name, variables) => told.push(formatEvent({ name, variables })),
      line: ({ text }) => told.push(`| ${text}`),
      fact: (name, value) => told.push(`${name} ${value}`),
      warn: () => {},
      forked: () => {},
      followed: () => {},
      signalled: () => {},
      progress(progress) {
        if (progress.kind !== 'begin') told.push(`${progress.kind} ${progress.phase}`);
      },
    },
  });
  return { process, simulator, told };
}

async function spawned(run: Run): Promise<Spawned> {
  await run.process.prepare(new AbortController().signal);
  return run.process.spawn();
}

/** The whole life; cleaned up in any case. */
async function live(run: Run, during: () => void = () => {}): Promise<Ending> {
  try {
    const { ended } = await spawned(run);
    during();
    return await ended;
  } finally {
    await run.process.cleanUp();
  }
}

function errorOf(ending: Ending): { code: string; message: string } {
  if (ending.kind !== 'failed') throw new Error(`did not fail: ${JSON.stringify(ending)}`);
  return { code: ending.error.code, message: ending.error.message };
}

/** Lets steps be played without time going on. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a domain that an earlier daemon has left', () => {
  const owner = '/run/control';
  const event = (name: string) => `${name} JOB=throwaway INSTANCE=one/two`;

  /** The record of a run that was killed, as the next daemon has it. */
  async function left(): Promise<{ readonly heir: Heir; readonly path: string }> {
    const adoptions = createAdoptions();
    const heir = { owner, adoptions };
    const run = begin(() => [{ do: 'hang' }], domain, 'throwaway', { heir });
    await run.process.prepare(new AbortController().signal);
    const [name = ''] = await readdir(runDir);
    const path = join(runDir, name);
    // Nobody could go on with a domain that is half made.
    expect(readRunRecord(path)).toBeUndefined();
    await run.process.spawn();
    const record = readRunRecord(path) as RunRecord;
    expect(record).toMatchObject({ owner, job: 'throwaway', instance: 'one/two', token });
    expect(record.environment).toEqual([['FILE', 'load.sh']]);
    adoptions.add({ folder: await claimRunFolder(path), record });
    return { heir, path };
  }

  test('is gone on with: what was told is not told again', async () => {
    const { heir } = await left();
    const seen = [mark('init'), print('before'), mark('job 5')];
    const script = () => [print('after'), mark('exit 7'), poweroff];
    const run = begin(script, domain, 'throwaway', { heir, seen });
    expect(await live(run)).toEqual({ kind: 'exited', status: 7 });
    expect(run.told.filter((text) => !text.startsWith('end '))).toEqual([
      'machine simulated fast',
      '| after',
      'exit 7',
      `${event('domain-exited')} REASON=poweroff EXIT_STATUS=7`,
    ]);
    expect(heir.adoptions.list()).toEqual([]);
  });

  test('whose status was told while nobody listened is lost, not well', async () => {
    const { heir } = await left();
    const seen = [mark('init'), print('before'), mark('job 5')];
    const script = () => [print('[    2.9] reboot: System halted'), poweroff];
    const run = begin(script, domain, 'throwaway', { heir, seen });
    expect(errorOf(await live(run))).toMatchObject({
      code: 'domain-lost',
      message: expect.stringMatching(/ended while no daemon was there.* status was not heard/),
    });
  });

  test('which halts by itself after a line is well', async () => {
    const { heir } = await left();
    const seen = [mark('init'), print('before'), mark('job 5')];
    const run = begin(() => [print('after'), poweroff], domain, 'throwaway', { heir, seen });
    expect(await live(run)).toEqual({ kind: 'exited', status: 0 });
  });

  test('that hangs before its init is told to have hung', async () => {
    const { heir } = await left();
    const run = begin(() => [{ do: 'hang' }], domain, 'throwaway', { heir, seen: [] });
    const { ended } = await spawned(run);
    for (let second = 0; second < 60; second += 1) clock.turn(1000);
    expect(errorOf(await ended)).toMatchObject({
      code: 'boot-failed',
      message: expect.stringMatching(/throwaway hung in early boot: .* after 45 s/),
    });
    await run.process.cleanUp();
  });

  test('that has ended meanwhile without being seen is told', async () => {
    const { heir } = await left();
    const run = begin(() => [], domain, 'throwaway', { heir });
    await expect(live(run)).rejects.toMatchObject({
      code: 'domain-lost',
      message: 'domain throwaway ended while no daemon was there',
    });
  });

  test('is kept anew where it has failed and was kept', async () => {
    const { heir } = await left();
    const seen = [mark('init'), mark('exit 7')];
    const keeping = { ...domain, keepOnFailure: 600 };
    const run = begin(() => [{ do: 'hang' }], keeping, 'throwaway', { heir, seen });
    const { ended } = await spawned(run);
    await until(() => run.told.includes('note kept'));
    clock.turn(600_000);
    expect(await ended).toEqual({ kind: 'exited', status: 7 });
    await run.process.cleanUp();
  });

  test('is no longer one where its processes are gone and no Xen has it', async () => {
    const { path } = await left();
    const [, startTime, where] = (await readFile(join(path, 'owner'), 'utf8')).split('.');
    const gone = [spawnSync('true').pid, startTime, where].join('.');
    await rename(path, path.replace(/\.\d+\.\d+\.\d+$/, `.${gone}`));
    await sweepLeftRuns(runDir, clock, { owner, adoptions: createAdoptions() });
    expect(await readdir(runDir)).toHaveLength(1);
    const [name = ''] = await readdir(runDir);
    await writeFile(join(runDir, name, 'owner'), gone);
    await sweepLeftRuns(runDir, clock, { owner, adoptions: createAdoptions() });
    expect(await readdir(runDir)).toEqual([]);
  });
});

describe('a life', () => {
  test('from image to exit, told in order', async () => {
    const run = begin(
      () => [
        print('[    0.1] booting'),
        mark('init'),
        print('step 1'),
        mark('memory 15000'),
        mark('exit 3'),
        poweroff,
      ],
      {
        ...domain,
        console: {
          ready: ['^step'],
          fail: [],
          watch: [
            { pattern: '^step (.)', event: 'guest-step', variables: [{ name: 'N', value: '$1' }] },
          ],
        },
      },
    );
    expect(await live(run)).toEqual({ kind: 'exited', status: 3 });
    const names = 'JOB=throwaway INSTANCE=one/two';
    expect(run.told).toEqual([
      'end image',
      'image simulated',
      `image-built ${names}`,
      `domain-created ${names}`,
      'machine simulated fast',
      'end create',
      '| [    0.1] booting',
      'end boot',
      '| step 1',
      `domain-ready ${names}`,
      'guest-step N=1',
      'memoryUsed 15000',
      'end guest',
      'end shutdown',
      'exit 3',
      `domain-exited ${names} REASON=poweroff EXIT_STATUS=3`,
      'end teardown',
    ]);
  });

  test.each([
    ['goes to its log, without marks and escapes', undefined, 'booting\nstep 1\n'],
    ['goes there where the job says so', 'log', 'booting\nstep 1\n'],
    ['goes nowhere with `console none`', 'none', ''],
  ] as const)('its console %s', async (_, console, expected) => {
    const written: Uint8Array[] = [];
    const log = { write: (bytes: Uint8Array) => written.push(bytes) };
    const script = () => [
      print('booting'),
      mark('init'),
      print('step \x1b[31m1'),
      mark('exit 0'),
      poweroff,
    ];
    const run = begin(script, domain, 'throwaway', { log, ...(console && { console }) });
    await live(run);
    expect(Buffer.concat(written).toString()).toBe(expected);
  });

  test('is ready at the mark of its init where the job has no `console ready`', async () => {
    const run = begin(() => [mark('init')]);
    const { ended } = await spawned(run);
    await run.process.ready(new AbortController().signal);
    run.simulator.domains[0]?.play(mark('exit 0'), poweroff);
    expect(await ended).toEqual({ kind: 'exited', status: 0 });
    await run.process.cleanUp();
  });

  test('a job that powers the machine off itself has ended well', async () => {
    expect(await live(begin(() => [mark('init'), print('work'), poweroff]))).toEqual({
      kind: 'exited',
      status: 0,
    });
  });

  test('and that nothing told its status is told', async () => {
    const run = begin(() => [mark('init'), poweroff]);
    await live(run);
    expect(run.told).toContain('note guest');
    expect(run.told.at(-2)).toBe('domain-exited JOB=throwaway INSTANCE=one/two REASON=poweroff');
    const told = begin(() => [mark('init'), mark('exit 0'), poweroff]);
    await live(told);
    expect(told.told).not.toContain('note guest');
  });

  test('without a job of ours inside, power-off is the only sign there is', async () => {
    const run = begin(() => [print('hello'), poweroff], bare);
    expect(await live(run)).toEqual({ kind: 'exited', status: 0 });
    expect(run.told).toContain('domain-ready JOB=throwaway INSTANCE=one/two');
  });

  test('the run has a folder of its own for us alone, and an id without surprises', async () => {
    const run = begin(() => [mark('init'), mark('exit 0'), poweroff]);
    await live(run);
    const request = run.simulator.domains[0]?.request;
    expect(request?.id).toMatch(/^throwaway-one_two-[0-9a-f]{8}$/);
    expect(request?.folder.startsWith(`${join(runDir, request.id)}.`)).toBe(true);
  });
});

test('a run folder that others can write to is refused before anything in it is touched', async () => {
  const planted = join(runDir, `mine.999999999.1.${pidNamespace()}`);
  await mkdir(planted);
  await chmod(runDir, 0o777);
  const run = begin(() => []);
  await expect(spawned(run)).rejects.toMatchObject({ code: 'host-io' });
  await run.process.cleanUp();
  expect(await readdir(runDir)).toEqual([basename(planted)]);
  await rm(planted, { recursive: true });
});

describe('the name of a domain', () => {
  test('may hold variables', async () => {
    const run = begin(() => [mark('init'), poweroff], { ...domain, name: 'run-$FILE' });
    await live(run);
    expect(run.simulator.domains[0]?.request.name).toBe('run-load.sh');
  });

  test('is that of the job where it has none of its own, whatever that holds', async () => {
    const run = begin(() => [mark('init'), poweroff], domain, 'a$b${');
    await live(run);
    expect(run.simulator.domains[0]?.request.name).toBe('a$b${');
  });

  test('but only those that are set', async () => {
    const run = begin(() => [], { ...domain, name: 'run-$NOTHING' });
    await expect(spawned(run)).rejects.toMatchObject({
      code: 'variable-missing',
      message: 'domain name run-$NOTHING: Unknown parameter: NOTHING',
    });
    await run.process.cleanUp();
  });
});

describe('a boot that goes wrong', () => {
  const work = (seconds: number): Step => ({ do: 'work', seconds });

  /** The clock goes on second by second while the guest plays. */
  async function liveOn(run: Run, seconds: number): Promise<Ending> {
    const { ended } = await spawned(run);
    let over = false;
    ended.then(() => {
      over = true;
    });
    for (let passed = 0; passed < seconds && !over; passed += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.turn(1000);
    }
    expect(over, `over within ${seconds} s`).toBe(true);
    await run.process.cleanUp();
    return ended;
  }

  test('hangs with the fast machine, boots with the conservative one', async () => {
    const run = begin(({ machine }) =>
      machine === 'fast'
        ? [print('early words'), work(11), { do: 'hang' }]
        : [mark('init'), mark('exit 0'), poweroff],
    );
    expect(await liveOn(run, 40)).toEqual({ kind: 'exited', status: 0 });
    expect(run.simulator.domains.map(({ request }) => request.machine)).toEqual([
      'fast',
      'conservative',
    ]);
    expect(run.told).toContain('note boot');
    expect(run.told.filter((text) => text.startsWith('domain-created'))).toHaveLength(1);
  });

  test('cannot be gone on with by another daemon between the two', async () => {
    const heir = { owner: '/run/control', adoptions: createAdoptions() };
    const recorded: boolean[] = [];
    const script = ({ machine }: DomainRequest): readonly Step[] =>
      machine === 'fast' ? [work(11), { do: 'hang' }] : [mark('init'), mark('exit 0'), poweroff];
    const onCreate = (folder: string) => recorded.push(readRunRecord(folder) !== undefined);
    const run = begin(script, domain, 'throwaway', { heir, onCreate });
    expect(await liveOn(run, 40)).toEqual({ kind: 'exited', status: 0 });
    expect(recorded).toEqual([false, false]);
  });

  test('hangs twice: the error says what was seen', async () => {
    const run = begin(() => [print('early words'), { do: 'hang' }]);
    const error = errorOf(await liveOn(run, 100));
    expect(error.code).toBe('boot-failed');
    expect(error.message).toMatch(/throwaway hung in early boot, twice: .* after 45 s/);
    expect(error.message).toContain('early words');
    expect(run.simulator.domains).toHaveLength(2);
  });

  test('a guest that is slow, or works long after its init ran, does not hang', async () => {
    const run = begin(() => [work(9), mark('init'), work(100), { do: 'await-shutdown' }]);
    const { ended } = await spawned(run);
    await run.process.ready(new AbortController().signal);
    clock.turn(100_000);
    run.process.terminate();
    run.simulator.domains[0]?.play(mark('exit 0'), poweroff);
    expect(await ended).toEqual({ kind: 'exited', status: 0 });
    expect(run.simulator.domains).toHaveLength(1);
    await run.process.cleanUp();
  });

  test.each([
    ['panic', 'boot-failed', /crashed before its init ran.*kernel panicked/],
    ['reboot', 'boot-failed', /rebooted before its init ran/],
    ['poweroff', 'boot-failed', /powered off before its init ran/],
  ] as const)('%s before its init', async (what, code, message) => {
    const error = errorOf(await live(begin(() => [print('first words'), { do: what }])));
    expect(error).toEqual({ code, message: expect.stringMatching(message) });
    expect(error.message).toContain(what === 'panic' ? 'Kernel panic' : 'first words');
  });

  test('dies without a word: tried again with the machine that talks', async () => {
    const run = begin(({ machine }) =>
      machine === 'fast' ? [{ do: 'reboot' }] : [mark('init'), mark('exit 0'), poweroff],
    );
    expect(await live(run)).toEqual({ kind: 'exited', status: 0 });
    expect(run.told).toContain('note boot');
    expect(run.simulator.domains).toHaveLength(2);
  });

  test.each([
    ['says nothing twice', []],
    ['says that it lacks memory', [print('Initramfs unpacking failed: write error')]],
  ] as const)('%s: the hint is its memory', async (_, steps) => {
    const ending = await live(begin(() => [...steps, { do: 'reboot' }]));
    expect(ending).toMatchObject({
      kind: 'failed',
      error: { code: 'boot-failed', hint: expect.stringContaining('raise `domain memory`') },
    });
  });

  test('that panics shows what happened, and not what stands behind it', async () => {
    const registers = Array.from({ length: 20 }, (_, at) => print(`R${at}: 0000`));
    const steps = [print('[ 0.1] before'), print('Kernel panic - not syncing: why'), ...registers];
    const { message } = errorOf(await live(begin(() => [...steps, { do: 'reboot' }])));
    expect(message.split('\n')[1]).toBe('    Kernel panic - not syncing: why');
    expect(message).toContain('R8: 0000');
    expect(message).not.toContain('R9: 0000');
  });

  test('ready rejects with the same error', async () => {
    const run = begin(() => [{ do: 'panic' }]);
    const { ended } = await spawned(run);
    const ready = run.process.ready(new AbortController().signal);
    await expect(ready).rejects.toMatchObject({ code: 'boot-failed' });
    await ended;
    await run.process.cleanUp();
  });

  test('no domain at all: spawn rejects, and nothing is left', async () => {
    const run = begin(() => {
      throw new DomstartError('boot-failed', 'no room for another domain');
    });
    await expect(spawned(run)).rejects.toThrow('no room for another domain');
    await run.process.cleanUp();
  });
});

describe('a guest that fails', () => {
  test.each([
    ['panic', /throwaway crashed: its kernel panicked/],
    ['reboot', /throwaway rebooted/],
  ] as const)('%s after its init', async (what, message) => {
    const error = errorOf(await live(begin(() => [mark('init'), { do: what }])));
    expect(error).toEqual({ code: 'guest-failed', message: expect.stringMatching(message) });
  });

  test('the hypervisor’s process was killed', async () => {
    const run = begin(() => [mark('init'), { do: 'hang' }]);
    const { ended } = await spawned(run);
    await run.process.ready(new AbortController().signal);
    run.simulator.domains[0]?.fail('QEMU was killed by SIGKILL');
    expect(errorOf(await ended)).toEqual({
      code: 'domain-lost',
      message: expect.stringContaining('QEMU was killed by SIGKILL'),
    });
    await run.process.cleanUp();
  });

  test('a `console fail` line ends it at once', async () => {
    const spec = { ...domain, console: { ready: [], fail: ['^Oops'], watch: [] } };
    const run = begin(() => [mark('init'), print('Oops: 0002'), { do: 'hang' }], spec);
    const error = errorOf(await live(run));
    expect(error.code).toBe('guest-failed');
    expect(error.message).toContain('`console fail ^Oops` matched the line: Oops: 0002');
  });

  test('a program that ends badly is the job’s own affair', async () => {
    expect(await live(begin(() => [mark('init'), mark('exit 137'), poweroff]))).toEqual({
      kind: 'exited',
      status: 137,
    });
  });
});

describe('stopping', () => {
  const forEver = () => begin(() => [mark('init'), { do: 'hang' }]);

  test('timeout: destroyed, with the last words', async () => {
    const run = begin(() => [mark('init'), print('still at it'), { do: 'hang' }], {
      ...domain,
      timeout: 60,
    });
    const { ended } = await spawned(run);
    await until(() => run.told.includes('| still at it'));
    run.process.expire();
    const error = errorOf(await ended);
    expect(error.code).toBe('deadline-passed');
    expect(error.message).toMatch(/timeout of 60 s passed[\s\S]*still at it/);
    await run.process.cleanUp();
  });

  describe('with `domain keep-on-failure`', () => {
    const keeping: DomainSpec = { ...domain, keepOnFailure: 600, timeout: 60 };
    const failing = () => [
      mark('init'),
      mark('exit 7'),
      { do: 'await-shutdown' } as const,
      poweroff,
    ];

    test('one that has failed stays for its time, whatever its timeout says', async () => {
      const run = begin(failing, keeping);
      const { ended } = await spawned(run);
      await until(() => run.told.includes('note kept'));
      let isOver = false;
      void ended.then(() => {
        isOver = true;
      });
      run.process.expire();
      clock.turn(599_000);
      for (let turns = 0; turns < 10; turns += 1) await new Promise((next) => setImmediate(next));
      expect(isOver).toBe(false);
      clock.turn(1000);
      expect(await ended).toEqual({ kind: 'exited', status: 7 });
      expect(run.told).toContain('end kept');
      await run.process.cleanUp();
      expect(clock.armed).toBe(0);
    });

    test('a stop ends it at once, as a kill does: it has nothing more to do', async () => {
      for (const end of ['terminate', 'kill'] as const) {
        const run = begin(() => [mark('init'), mark('exit 7'), { do: 'hang' }], keeping);
        const { ended } = await spawned(run);
        await until(() => run.told.includes('note kept'));
        run.process[end]();
        expect(await ended).toEqual({ kind: 'exited', status: 7 });
        await run.process.cleanUp();
        expect(clock.armed).toBe(0);
      }
    });

    test('one whose time was over stays, and has failed by that', async () => {
      const run = begin(() => [mark('init'), { do: 'hang' }], keeping);
      const { ended } = await spawned(run);
      await run.process.ready(new AbortController().signal);
      run.process.expire();
      await until(() => run.told.includes('note kept'));
      clock.turn(600_000);
      expect(errorOf(await ended).code).toBe('deadline-passed');
      await run.process.cleanUp();
    });

    test('one that showed what `console fail` looks for stays as well', async () => {
      const console = { ready: [], fail: ['^broken'], watch: [] };
      const script = () => [mark('init'), print('broken'), { do: 'hang' } as const];
      const run = begin(script, { ...keeping, console });
      const { ended } = await spawned(run);
      await until(() => run.told.includes('note kept'));
      clock.turn(600_000);
      expect(errorOf(await ended).message).toMatch(/console fail \^broken/);
      await run.process.cleanUp();
    });

    test('one that was well, or was to stop, does not stay', async () => {
      const well = begin(() => [mark('init'), mark('exit 0'), poweroff], keeping);
      expect(await live(well)).toEqual({ kind: 'exited', status: 0 });
      const stopped = begin(
        () => [mark('init'), { do: 'await-shutdown' }, mark('exit 143'), poweroff],
        keeping,
      );
      expect(await live(stopped, () => stopped.process.terminate())).toEqual({
        kind: 'exited',
        status: 143,
      });
      expect([...well.told, ...stopped.told]).not.toContain('note kept');
    });
  });

  test('a guest that obeys the power button, without telling a status', async () => {
    const run = begin(() => [mark('init'), { do: 'await-shutdown' }, poweroff]);
    expect(await live(run, () => run.process.terminate())).toEqual({
      kind: 'signalled',
      signal: 'TERM',
    });
  });

  test('a guest that ignores it is destroyed', async () => {
    const run = forEver();
    const { ended } = await spawned(run);
    run.process.terminate();
    run.process.kill();
    expect(await ended).toEqual({ kind: 'signalled', signal: 'KILL' });
    await run.process.cleanUp();
  });

  test('before the domain is ready', async () => {
    const run = begin(() => [{ do: 'hang' }]);
    const { ended } = await spawned(run);
    const stop = new AbortController();
    const ready = run.process.ready(stop.signal);
    stop.abort();
    await expect(ready).rejects.toMatchObject({ code: 'cancelled' });
    run.process.kill();
    expect(await ended).toEqual({ kind: 'signalled', signal: 'KILL' });
    await run.process.cleanUp();
  });

  test('cleanUp alone ends everything, and may be called again', async () => {
    const run = forEver();
    const { ended } = await spawned(run);
    await run.process.cleanUp();
    await run.process.cleanUp();
    expect(await ended).toMatchObject({ kind: 'signalled' });
  });

  test('before the image is built', async () => {
    const run = forEver();
    await expect(run.process.prepare(AbortSignal.abort())).rejects.toMatchObject({
      code: 'cancelled',
    });
    await run.process.cleanUp();
  });
});
