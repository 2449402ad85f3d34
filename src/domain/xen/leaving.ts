import { DomstartError } from '../../model/errors.ts';
import type { MigrationTarget, RunningDomain } from '../../ports/hypervisor.ts';
import type { XenConsole } from './console.ts';
import { xlError } from './failure.ts';
import type { Fate } from './fate.ts';
import type { Watcher } from './watcher.ts';
import type { Xl } from './xl.ts';

/** It goes on elsewhere, or later. */
interface Left {
  readonly kind: 'left';
  readonly reason: 'saved' | 'migrated';
}

type Watch = Pick<Watcher, 'over' | 'kill'>;

export interface Leaving extends Required<Pick<RunningDomain, 'save' | 'migrate'>> {
  /** Settles when the domain is gone, or has ended. Never rejects. */
  readonly over: Promise<Fate | Left>;
  /** Nobody watches it any more. */
  kill(): void;
}

/** Lets a running domain be saved or moved. At most one of that at a time. */
export function createLeaving(options: {
  readonly xl: Xl;
  readonly domid: string;
  readonly name: string;
  readonly folder: string;
  readonly console: Pick<XenConsole, 'catchUp' | 'goOn'>;
  readonly watcher: Watch;
  /** Watches it anew. */
  readonly watchAgain: () => Watch;
  readonly isGoing: () => boolean;
  readonly pausing: Required<Pick<RunningDomain, 'pause' | 'unpause' | 'isPaused'>>;
  /** Resolves when it is gone from here. */
  readonly destroy: () => Promise<void>;
}): Leaving {
  const { xl, domid, name, folder, console, pausing } = options;
  let watched = options.watcher;
  /** How it ends; undefined where it goes on after all. */
  let leaving: Promise<Left | undefined> | undefined;
  /** It goes on, and whoever watched it may have seen its end. */
  let mayWake = false;
  let killed = false;

  /** To suspend is an end for who watches, also where the domain goes on. */
  async function watch(): Promise<Fate | Left> {
    for (;;) {
      const fate = await watched.over;
      const left = await leaving;
      if (left !== undefined) return left;
      if (!mayWake || killed) return fate;
      mayWake = false;
      watched = options.watchAgain();
    }
  }

  /** `act` throws where the domain stays. */
  async function leave(reason: Left['reason'], act: () => Promise<void>): Promise<void> {
    if (leaving !== undefined || options.isGoing()) {
      throw new DomstartError('domain-unknown', `domain ${name} is about to go`, {
        hint: 'see `domstart domain list` in a moment',
      });
    }
    const wasPaused = pausing.isPaused();
    // Its kernel has a part in it.
    const done = pausing.unpause().then(act).then(options.destroy);
    leaving = done.then(
      () => ({ kind: 'left', reason }),
      async () => {
        if (wasPaused) await pausing.pause().catch(() => undefined);
        leaving = undefined;
        mayWake = true;
        return undefined;
      },
    );
    await done;
  }

  async function save(file: string, keep: () => Promise<void>): Promise<void> {
    const saved = await xl.long({ folder }, 'save', '-p', domid, file);
    if (!saved.ok) throw xlError({ what: `save domain ${name}`, ...saved });
    try {
      // Xen's daemon would throw away what was not read of it when the domain is destroyed.
      await console.catchUp();
      await keep();
    } catch (error) {
      console.goOn();
      await xl.call('unpause', domid);
      throw error;
    }
  }

  async function migrate({ host, command }: MigrationTarget, moved: () => void): Promise<void> {
    const by = command === undefined ? [] : ['-s', command];
    const answer = await xl.long({ folder }, 'migrate', ...by, domid, host);
    if (!answer.ok) throw xlError({ what: `move domain ${name} to ${host}`, ...answer });
    moved();
  }

  return {
    over: watch(),
    kill() {
      killed = true;
      watched.kill();
    },
    save: (file, keep) => leave('saved', () => save(file, keep)),
    migrate: (to, moved) => leave('migrated', () => migrate(to, moved)),
  };
}
