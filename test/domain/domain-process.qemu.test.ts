import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDomainProcess } from '../../src/domain/domain-process.ts';
import { createQemu } from '../../src/domain/qemu/hypervisor.ts';
import { compileGuest } from '../../src/guest/compile-guest.ts';
import { ensureHost } from '../../src/host/ensure-host.ts';
import { cacheFolder } from '../../src/host/paths.ts';
import { createImageBuilder } from '../../src/image/image-builder.ts';
import type { DomainSpec } from '../../src/model/domain.ts';
import { formatEvent } from '../../src/model/event.ts';
import type { JobDefinition } from '../../src/model/job.ts';
import type { HostTools } from '../../src/ports/host-tools.ts';
import type { ImageBuilder } from '../../src/ports/images.ts';
import type { Ending, MainProcess } from '../../src/ports/main-process.ts';
import { startTimeOf } from '../../src/system/proc.ts';
import { systemClock } from '../support/system-clock.ts';
import { writeTinyGuest } from '../support/tiny-guest.ts';

let tools: HostTools;
let runDir: string;

beforeAll(async () => {
  tools = await ensureHost({ signal: AbortSignal.timeout(60_000), onProgress: () => {} });
});

beforeEach(async () => {
  runDir = await mkdtemp(join(tmpdir(), 'domstart-test-'));
});

afterEach(async () => {
  expect(await readdir(runDir), 'what is left of the run').toEqual([]);
  await rm(runDir, { recursive: true });
});

const plain: JobDefinition = {
  name: 'inside',
  dialect: 'event.d',
  emits: [],
  env: [],
  export: [],
  task: false,
  processes: {},
  respawn: false,
  normalExit: [],
  limits: {},
  cgroups: [],
};

interface Run {
  readonly process: MainProcess;
  readonly lines: string[];
  readonly events: string[];
  readonly facts: Map<string, string | number>;
  /** Resolves when a line of the console holds this. */
  seen(text: string): Promise<void>;
  /** The whole life; `during` begins when the domain runs. Nothing is left after it. */
  live(during?: () => Promise<void>): Promise<Ending>;
}

function begin(
  script: string,
  options: {
    readonly domain?: Partial<DomainSpec>;
    /** Processor time for a boot. */
    readonly bootSeconds?: number;
    readonly wrap?: (images: ImageBuilder) => ImageBuilder;
  } = {},
): Run {
  const lines: string[] = [];
  const events: string[] = [];
  const facts = new Map<string, string | number>();
  let onLine = () => {};
  const builder = createImageBuilder({ tools, cache: cacheFolder(), compileGuest });
  const create = createDomainProcess({
    hypervisor: createQemu({ qemu: tools.qemu, acceleration: 'tcg', clock: systemClock }),
    images: options.wrap?.(builder) ?? builder,
    clock: systemClock,
    runDir,
    bootLimits: { processorSeconds: options.bootSeconds ?? 10, wallSeconds: 45 },
  });
  const domain: DomainSpec = {
    image: { source: { kind: 'busybox' }, copies: [], interfaces: [] },
    vifs: [],
    console: { ready: [], fail: [], watch: [] },
    guest: {
      init: 'direct',
      job: { ...plain, processes: { main: { kind: 'script', text: script } } },
    },
    ...options.domain,
  };
  const process = create({
    job: { ...plain, name: 'real', dialect: 'domstart', domain },
    instance: '',
    environment: new Map(),
    report: {
      emit: (name, variables) => events.push(formatEvent({ name, variables })),
      line({ text }) {
        lines.push(text);
        onLine();
      },
      progress: () => {},
      warn: () => {},
      forked: () => {},
      followed: () => {},
      signalled: () => {},
      fact: (name, value) => facts.set(name, value),
    },
  });
  return {
    process,
    lines,
    events,
    facts,
    seen: (text) =>
      new Promise((resolve) => {
        onLine = () => lines.some((line) => line.includes(text)) && resolve();
        onLine();
      }),
    async live(during = async () => {}) {
      let pid: number | undefined;
      try {
        await process.prepare(new AbortController().signal);
        const spawned = await process.spawn();
        pid = spawned.pid;
        await during();
        return await spawned.ended;
      } finally {
        await process.cleanUp();
        expect(pid === undefined ? undefined : startTimeOf(pid), 'the process').toBeUndefined();
      }
    },
  };
}

describe('a real guest', () => {
  test('runs its job and tells how it ended', async () => {
    const run = begin('echo hello\nexit 3\n');
    expect(await run.live(async () => run.process.ready(new AbortController().signal))).toEqual({
      kind: 'exited',
      status: 3,
    });
    expect(run.lines).toContain('hello');
    expect(run.lines.join('\n')).not.toContain('domstart:');
    expect(run.facts.get('memoryUsed')).toBeGreaterThan(5_000);
    expect(run.events.at(-1)).toBe(
      'domain-exited JOB=real INSTANCE= REASON=poweroff EXIT_STATUS=3',
    );
  });

  test('is asked to end: its job gets SIGTERM and ends in its own way', async () => {
    const run = begin("trap 'echo asked; exit 7' TERM\necho waiting\nsleep 1000 & wait\n");
    const ending = await run.live(async () => {
      await run.seen('waiting');
      run.process.terminate();
    });
    expect(ending).toEqual({ kind: 'exited', status: 7 });
    expect(run.lines).toContain('asked');
  });

  test('that does not obey is destroyed', async () => {
    const run = begin("trap '' TERM\necho deaf\nwhile :; do sleep 1000; done\n");
    const ending = await run.live(async () => {
      await run.seen('deaf');
      run.process.terminate();
      await run.seen('Terminate All Tasks');
      run.process.kill();
    });
    expect(ending).toEqual({ kind: 'signalled', signal: 'KILL' });
  });

  test('whose kernel panics', async () => {
    const run = begin('echo c >/proc/sysrq-trigger\n');
    const ending = await run.live();
    expect(ending).toMatchObject({ kind: 'failed', error: { code: 'guest-failed' } });
    expect(run.events.at(-1)).toContain('REASON=crash');
  });

  test('that reboots', async () => {
    const run = begin('echo b >/proc/sysrq-trigger\nsleep 1000\n');
    const ending = await run.live();
    expect(ending).toMatchObject({ kind: 'failed', error: { code: 'guest-failed' } });
    expect(run.events.at(-1)).toContain('REASON=reboot');
  });

  test('whose init is broken never comes to its job', async () => {
    const run = begin('true\n', {
      wrap: (images) => ({
        async build(request) {
          const image = await images.build(request);
          return { ...image, initrd: image.conservativeKernel };
        },
      }),
    });
    const ending = await run.live();
    expect(ending).toMatchObject({
      kind: 'failed',
      error: {
        code: 'boot-failed',
        message: expect.stringContaining('its kernel panicked: VFS: '),
      },
    });
  });

  test('boots on the conservative machine where the fast one hangs', async () => {
    const run = begin('echo second attempt\n', {
      bootSeconds: 5,
      wrap: (images) => ({
        async build(request) {
          const image = await images.build(request);
          const hangs = await writeTinyGuest(request.folder, [
            { do: 'print', text: 'no further\r\n' },
            { do: 'work', seconds: 600 },
          ]);
          return { ...image, kernel: hangs.kernel };
        },
      }),
    });
    expect(await run.live()).toEqual({ kind: 'exited', status: 0 });
    expect(run.facts.get('machine')).toBe('qemu q35, tcg');
    expect(run.lines).toContain('second attempt');
  });

  test('that prints without end is stopped by its timeout, and we keep little of it', async () => {
    const run = begin('while :; do echo 0123456789012345678901234567890123456789; done\n', {
      domain: { timeout: 5, console: { ready: [], fail: [], watch: [], limit: 10_000 } },
    });
    const ending = await run.live(async () => {
      await expect.poll(() => run.lines.length, { timeout: 20_000 }).toBeGreaterThan(1000);
      run.process.expire();
    });
    expect(ending).toMatchObject({
      kind: 'failed',
      error: { code: 'deadline-passed', message: expect.stringContaining('0123456789') },
    });
  });
});
