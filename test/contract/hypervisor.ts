import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Step } from '../../src/domain/simulator/simulator.ts';
import type {
  DomainEnd,
  DomainRequest,
  Hypervisor,
  RunningDomain,
} from '../../src/ports/hypervisor.ts';
import type { BuiltImage } from '../../src/ports/images.ts';
import { startTimeOf } from '../../src/system/proc.ts';

/** A hypervisor and a way to make guests for it. */
export interface HypervisorRig {
  readonly hypervisor: Hypervisor;
  /** What a domain boots from that then plays these steps. */
  image(folder: string, steps: readonly Step[]): Promise<BuiltImage>;
  /** Of what was printed, what the steps did; for guests whose kernel prints, too. */
  own?(printed: string): string;
}

/** What every hypervisor keeps to (ports/hypervisor.ts). */
export function describeHypervisor(name: string, setUp: () => Promise<HypervisorRig>): void {
  describe(`${name} as a hypervisor`, () => {
    let rig: HypervisorRig;
    let folder: string;
    let printed: string;
    let decoder = new TextDecoder();
    let onText: (text: string) => void;
    const started: RunningDomain[] = [];

    beforeEach(async () => {
      rig = await setUp();
      folder = await mkdtemp(join(tmpdir(), 'domstart-test-'));
      printed = '';
      decoder = new TextDecoder();
      onText = () => {};
    });

    afterEach(async () => {
      for (const domain of started.splice(0)) {
        domain.destroy();
        await domain.ended;
        expect(domain.pid === undefined || startTimeOf(domain.pid)).not.toBeTypeOf('string');
      }
      await rm(folder, { recursive: true });
    });

    async function start(
      steps: readonly Step[],
      more: Partial<DomainRequest> = {},
    ): Promise<RunningDomain> {
      const domain = await rig.hypervisor.create({
        id: 'contract-1',
        name: 'contract',
        domain: {
          image: { source: { kind: 'busybox' }, copies: [], interfaces: [] },
          vifs: [],
          console: { ready: [], fail: [], watch: [] },
        },
        environment: new Map(),
        image: await rig.image(folder, steps),
        folder,
        machine: 'fast',
        signal: new AbortController().signal,
        onConsole(bytes) {
          const text = decoder.decode(bytes, { stream: true });
          printed += text;
          onText(text);
        },
        ...more,
      });
      started.push(domain);
      return domain;
    }

    const own = () => rig.own?.(printed) ?? printed;

    /** Resolves when the guest has printed this. */
    function seen(text: string): Promise<void> {
      return new Promise((resolve) => {
        onText = () => printed.includes(text) && resolve();
        onText('');
      });
    }

    test.each(['fast', 'conservative'] as const)(
      'a guest prints and powers off: every byte in order, then the end (%s)',
      async (machine) => {
        const text = Array.from({ length: 40 }, (_, i) => `line ${i} ÄÖÜ\r\n`).join('');
        const steps: Step[] = [{ do: 'print', text }, { do: 'poweroff' }];
        const domain = await start(steps, { machine });
        expect(await domain.ended).toEqual({ reason: 'poweroff' });
        expect(own()).toBe(text);
        expect(domain.description).not.toBe('');
      },
    );

    test.each([
      ['reboot', 'reboot'],
      ['panic', 'crash'],
    ] as const)('%s ends it as %s', async (step, reason) => {
      const domain = await start([{ do: 'print', text: 'up\r\n' }, { do: step }]);
      expect(await domain.ended).toEqual({ reason });
      expect(own().startsWith('up\r\n')).toBe(true);
    });

    test('shutdown ends a guest that listens', async () => {
      const domain = await start([
        { do: 'print', text: 'listening' },
        { do: 'await-shutdown' },
        { do: 'print', text: 'bye' },
        { do: 'poweroff' },
      ]);
      await seen('listening');
      // The guest has only now come to where it listens.
      const asking = setInterval(() => domain.shutdown(), 50);
      const end: DomainEnd = await domain.ended;
      clearInterval(asking);
      expect(end).toEqual({ reason: 'poweroff' });
      expect(own()).toBe('listeningbye');
    });

    test('one that does not is destroyed, and may be so again', async () => {
      const domain = await start([{ do: 'print', text: 'deaf' }, { do: 'hang' }]);
      await seen('deaf');
      // Not every hypervisor tells.
      expect(domain.processorSeconds() ?? 0).toBeGreaterThanOrEqual(0);
      domain.shutdown();
      domain.destroy();
      domain.destroy();
      expect(await domain.ended).toEqual({ reason: 'destroyed' });
      domain.destroy();
      domain.shutdown();
    });

    test('paused it stands still, and goes on where it was', async () => {
      const domain = await start([{ do: 'print-for-ever', text: '0123456789abcdef' }]);
      const more = (than: number) =>
        new Promise<void>((resolve) => {
          onText = () => printed.length > than && resolve();
          onText('');
        });
      await more(1000);
      await domain.pause();
      await domain.pause();
      expect(domain.isPaused()).toBe(true);
      // What was written before may still be on its way.
      for (let before = -1; before !== printed.length; ) {
        before = printed.length;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      const { length } = printed;
      await domain.unpause();
      await domain.unpause();
      expect(domain.isPaused()).toBe(false);
      await more(length + 1000);
      // Asked for side by side they come in their order.
      await Promise.all([domain.pause(), domain.unpause(), domain.pause(), domain.unpause()]);
      expect(domain.isPaused()).toBe(false);
      await more(printed.length + 1000);
      domain.destroy();
      expect(await domain.ended).toEqual({ reason: 'destroyed' });
      const text = own();
      const whole = '0123456789abcdef'.repeat(Math.ceil(text.length / 16) + 1);
      expect(whole.startsWith(text)).toBe(true);
    });

    test('a shutdown lets one that is paused go on', async () => {
      const domain = await start([
        { do: 'print', text: 'listening' },
        { do: 'await-shutdown' },
        { do: 'poweroff' },
      ]);
      await seen('listening');
      await domain.pause();
      const asking = setInterval(() => domain.shutdown(), 50);
      expect(await domain.ended).toEqual({ reason: 'poweroff' });
      clearInterval(asking);
    });

    test('aborting its signal destroys it', async () => {
      const stop = new AbortController();
      const domain = await start([{ do: 'hang' }], { signal: stop.signal });
      stop.abort();
      expect(await domain.ended).toEqual({ reason: 'destroyed' });
    });

    test('nothing is created for a signal that is aborted already', async () => {
      const signal = AbortSignal.abort();
      await expect(start([{ do: 'hang' }], { signal })).rejects.toMatchObject({
        code: 'cancelled',
      });
    });

    test('a guest that prints without end leaves us time for other things', async () => {
      const domain = await start([{ do: 'print-for-ever', text: '0123456789abcdef' }]);
      await new Promise<void>((resolve) => {
        onText = () => printed.length > 100_000 && resolve();
      });
      await new Promise((resolve) => setTimeout(resolve, 1));
      domain.destroy();
      expect(await domain.ended).toEqual({ reason: 'destroyed' });
      expect(own().startsWith('0123456789abcdef0123')).toBe(true);
    });
  });
}
