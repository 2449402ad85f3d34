import type { ConsoleSpec } from '../../model/domain.ts';
import { type Mark, markPrefix } from '../../model/guest-protocol.ts';
import { neutralise } from '../../model/terminal.ts';
import { createConsoleLines } from './lines.ts';
import { createLineRing } from './ring.ts';
import type { Sighting } from './watch.ts';

/** Bytes of a console that are kept, where the job does not say. */
const DEFAULT_CONSOLE_LIMIT = 1024 * 1024;

/** Everything that is done with what a guest writes, from bytes to rules. */
export interface GuestConsole {
  push(bytes: Uint8Array): void;
  end(): void;
  /** For messages: what the console showed last, oldest first, without empty lines. */
  lastLines(count: number): string[];
}

export interface ConsoleListener {
  /** Safe to show: escapes are neutralised, marks taken out. */
  onLine(text: string): void;
  onMark(mark: Mark): void;
  /** Called after `onLine` for a line that a rule of the job matched. */
  onSighting(sighting: Sighting, line: string): void;
}

export function createGuestConsole(options: {
  readonly token: string;
  readonly spec: ConsoleSpec;
  /** What a line means to the rules of the job. */
  readonly look: (line: string) => Sighting;
  readonly listener: ConsoleListener;
}): GuestConsole {
  const { spec, look, listener } = options;
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const ring = createLineRing(spec.limit ?? DEFAULT_CONSOLE_LIMIT);
  const lines = createConsoleLines({
    prefix: markPrefix(options.token),
    onMark: (mark) => listener.onMark(mark),
    onLine(raw) {
      const line = neutralise(raw);
      ring.push(line);
      listener.onLine(line);
      const sighting = look(line);
      if (sighting.ready || sighting.fail !== undefined || sighting.event !== undefined) {
        listener.onSighting(sighting, line);
      }
    },
  });

  return {
    push: (bytes) => lines.push(decoder.decode(bytes, { stream: true })),
    end() {
      lines.push(decoder.decode());
      lines.end();
    },
    lastLines: (count) =>
      ring
        .last(4 * count)
        .filter((line) => line.trim() !== '')
        .slice(-count),
  };
}
