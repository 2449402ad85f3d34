import type { Clock } from '../../ports/clock.ts';
import { createdDomain, type Fate, fateOf } from './fate.ts';
import { collectText, type ProgramEnd, startProgram } from './program.ts';
import { LONG_LIMIT } from './xl.ts';

/** `xl create -F -p`: it creates a paused domain and stays until the domain's end. */
export interface Watcher {
  /** Of xl, where it is one of ours. */
  readonly pid?: number;
  /** What came of the creation. Never rejects. */
  readonly created: Promise<Creation>;
  /** Settles when xl is gone. Never rejects. */
  readonly over: Promise<Fate>;
  /** Nobody watches the domain any more. */
  kill(): void;
}

type Creation =
  | { readonly ok: true; readonly domid: number }
  | { readonly ok: false; readonly hung: boolean; readonly text: string };

/** Milliseconds: xl itself gives a hotplug script 20 s, and twice that where it also cleans up. */
const CREATE_LIMIT = 120_000;

export function startWatcher(options: {
  readonly xl: string;
  readonly config: string;
  readonly clock: Clock;
  readonly folder: string;
  readonly limit?: number;
  /** In the place of a boot. */
  readonly memory?: string;
}): Watcher {
  const { xl, config, clock, folder, memory } = options;
  const { limit = memory === undefined ? CREATE_LIMIT : LONG_LIMIT } = options;
  const { promise: created, resolve } = Promise.withResolvers<Creation>();
  const words =
    memory === undefined ? ['create', '-F', '-p', config] : ['restore', '-F', '-p', config, memory];
  const program = startProgram([xl, ...words], { folder });
  let hung = false;
  const forget = clock.after(limit, () => {
    hung = true;
    program.kill();
  });
  const text = collectText(program, () => {
    const domid = createdDomain(text());
    if (domid === undefined) return;
    forget();
    resolve({ ok: true, domid });
  });
  return {
    ...(program.pid !== undefined && { pid: program.pid }),
    created,
    over: program.closed.then((end) => {
      forget();
      resolve({ ok: false, hung, text: end.failure?.message ?? text() });
      return fateOf(text()) ?? { kind: 'unwatched', detail: describe(end, text()) };
    }),
    kill: () => program.kill(),
  };
}

function describe({ status, signal }: ProgramEnd, text: string): string {
  const how = signal === null ? `ended with status ${status}` : `was killed by ${signal}`;
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  return `xl, which watched it, ${how}${last.startsWith('Waiting for') ? '' : `: ${last}`}`;
}
