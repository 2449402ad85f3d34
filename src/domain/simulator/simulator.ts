import { DomstartError } from '../../model/errors.ts';
import type {
  DomainEnd,
  DomainRequest,
  Hypervisor,
  RunningDomain,
} from '../../ports/hypervisor.ts';

/** What a simulated guest does, one step after the other. */
export type Step =
  | { readonly do: 'print'; readonly text: string }
  /** Prints it again and again. */
  | { readonly do: 'print-for-ever'; readonly text: string }
  | { readonly do: 'poweroff' | 'reboot' | 'panic' }
  /** Uses this much of the processor, in seconds, in no time. */
  | { readonly do: 'work'; readonly seconds: number }
  /** Goes on when somebody asks the guest to power off. */
  | { readonly do: 'await-shutdown' }
  /** Does nothing any more, and hears nothing. */
  | { readonly do: 'hang' };

interface SimulatedDomain {
  readonly request: DomainRequest;
  /** Plays more steps, after those of the script. */
  play(...steps: readonly Step[]): void;
  /** As if the hypervisor's process were killed by somebody else. */
  fail(detail: string): void;
}

export interface Simulator extends Hypervisor {
  /** Every domain that was created, in order. */
  readonly domains: readonly SimulatedDomain[];
}

/**
 * A hypervisor in memory: no process, no time of its own. Each guest plays the steps that `script`
 * gives for it; each step is played in a turn of the event loop of its own.
 */
export function createSimulator(options: {
  readonly script: (request: DomainRequest) => readonly Step[];
}): Simulator {
  const domains: SimulatedDomain[] = [];
  return {
    kind: 'simulator',
    domains,
    async create(request) {
      if (request.signal.aborted) {
        throw new DomstartError('cancelled', `domain ${request.name} was stopped while it started`);
      }
      const { domain, control } = simulate(request, options.script(request));
      domains.push(control);
      return domain;
    },
  };
}

function simulate(
  request: DomainRequest,
  script: readonly Step[],
): { readonly domain: RunningDomain; readonly control: SimulatedDomain } {
  const { promise: ended, resolve } = Promise.withResolvers<DomainEnd>();
  const steps = [...script];
  let over = false;
  let playing = false;
  let paused = false;
  let used = 0;
  let shutdownAsked = false;

  function end(result: DomainEnd): void {
    over = true;
    request.signal.removeEventListener('abort', destroy);
    resolve(result);
  }

  function destroy(): void {
    end({ reason: 'destroyed' });
  }

  function resume(): void {
    if (playing || over || paused) return;
    playing = true;
    setImmediate(playNext);
  }

  function playNext(): void {
    playing = false;
    const step = steps[0];
    if (over || paused || step === undefined) return;
    if (step.do === 'hang' || (step.do === 'await-shutdown' && !shutdownAsked)) return;
    if (step.do !== 'print-for-ever') steps.shift();
    playStep(step);
    resume();
  }

  function playStep(step: Step): void {
    switch (step.do) {
      case 'print':
      case 'print-for-ever':
        request.onConsole(new TextEncoder().encode(step.text));
        return;
      case 'work':
        used += step.seconds;
        return;
      case 'poweroff':
      case 'reboot':
        end({ reason: step.do });
        return;
      case 'panic':
        request.onConsole(new TextEncoder().encode('Kernel panic - not syncing: simulated\r\n'));
        end({ reason: 'crash' });
        return;
      case 'await-shutdown':
      case 'hang':
        return;
    }
  }

  request.signal.addEventListener('abort', destroy, { once: true });
  resume();
  return {
    domain: {
      description: `simulated ${request.machine}`,
      ended,
      destroy,
      async pause() {
        paused = true;
      },
      async unpause() {
        paused = false;
        resume();
      },
      isPaused: () => paused,
      // As the terminal of a guest does it.
      async type(bytes) {
        request.onConsole(bytes);
      },
      shutdown() {
        shutdownAsked = true;
        paused = false;
        resume();
      },
      processorSeconds: () => (over ? undefined : used),
    },
    control: {
      request,
      play(...more) {
        steps.push(...more);
        resume();
      },
      fail: (detail) => end({ reason: 'failed', detail }),
    },
  };
}
