import type { Mark } from '../model/guest-protocol.ts';
import type { Clock } from '../ports/clock.ts';
import type { DomainEnd, DomainRequest, Hypervisor, RunningDomain } from '../ports/hypervisor.ts';
import { type BootLimits, watchBoot } from './boot-watchdog.ts';
import { createGuestConsole } from './console/console.ts';
import { createConsoleWatch, type Sighting } from './console/watch.ts';

/** One domain from its creation to its end, with its console. */
export interface Attempt {
  readonly domain: RunningDomain;
  readonly outcome: Promise<Outcome>;
  /** The guest's init ran, or there is none of ours in this guest that would tell. */
  initSeen(): boolean;
  exitStatus(): number | undefined;
  lastLines(count: number): string[];
}

export interface Outcome {
  readonly end: DomainEnd;
  /** What was observed where it hung in early boot and was destroyed for that. */
  readonly hung?: string;
}

export interface AttemptListener {
  /** The domain exists: it was created, or it is heard before that is known. */
  onCreated(): void;
  onLine(text: string): void;
  onInit(): void;
  onMemory(kilobytes: number): void;
  onExit(status: number): void;
  onSighting(sighting: Sighting, line: string): void;
}

/** Creates a domain and watches over its boot. Rejects where it cannot be created. */
export async function startAttempt(
  options: AttemptListener & {
    readonly hypervisor: Pick<Hypervisor, 'create'>;
    readonly clock: Clock;
    readonly limits: BootLimits;
    readonly token: string;
    readonly request: Omit<DomainRequest, 'onConsole'>;
  },
): Promise<Attempt> {
  const { request, clock, limits } = options;
  const { console: spec, guest } = request.domain;
  let initSeen = guest === undefined;
  let exitStatus: number | undefined;
  let hung: string | undefined;
  let stopWatching = () => {};

  function showSignOfInit(): void {
    stopWatching();
    if (initSeen) return;
    initSeen = true;
    options.onInit();
  }

  function onMark({ word, value }: Mark): void {
    showSignOfInit();
    switch (word) {
      case 'init':
      case 'job':
        return;
      case 'memory':
        if (/^\d+$/.test(value)) options.onMemory(Number(value));
        return;
      case 'exit':
        if (!/^\d{1,3}$/.test(value) || exitStatus !== undefined) return;
        exitStatus = Number(value);
        options.onExit(exitStatus);
    }
  }

  const guestConsole = createGuestConsole({
    token: options.token,
    spec,
    look: await createConsoleWatch(spec),
    listener: {
      onMark,
      onLine: options.onLine,
      onSighting(sighting, line) {
        // Who waits for a line of the job knows by it that the boot is over.
        if (sighting.ready) showSignOfInit();
        options.onSighting(sighting, line);
      },
    },
  });

  const domain = await options.hypervisor.create({
    ...request,
    // Until its init ran, to be silent is to hang; a boot says little anyway.
    pace: () => (initSeen ? request.pace?.() : undefined),
    onConsole(bytes) {
      options.onCreated();
      guestConsole.push(bytes);
    },
  });
  options.onCreated();
  if (!initSeen) {
    stopWatching = watchBoot({
      clock,
      domain,
      limits,
      onHung(observed) {
        hung = observed;
        domain.destroy();
      },
    });
  }

  return {
    domain,
    outcome: domain.ended.then((end) => {
      stopWatching();
      // The rest of its last line comes when it is restored.
      if (end.reason !== 'saved') guestConsole.end();
      return { end, ...(hung !== undefined && !initSeen && { hung }) };
    }),
    initSeen: () => initSeen,
    exitStatus: () => exitStatus,
    lastLines: (count) => guestConsole.lastLines(count),
  };
}
