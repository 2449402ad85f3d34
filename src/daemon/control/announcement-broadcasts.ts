import { plainAnnouncement } from '../../embed/plain-announcement.ts';
import {
  ANNOUNCEMENT_TYPES,
  type Announcements,
  type AnnouncementType,
} from '../../engine/announcements.ts';
import type { Engine } from '../../engine/engine.ts';
import { type Broadcast, createBroadcast, type Received } from './broadcast.ts';
import type { Item } from './protocol.ts';

type AnnouncementItem = Extract<Item, { kind: 'announcement' }>;

/** What the engine announces, for any number of clients: those that want the same types share it. */
export interface AnnouncementBroadcasts {
  /** Ends when nothing will be announced any more, or at once when it is aborted. */
  read(
    types: readonly AnnouncementType[],
    signal: AbortSignal,
  ): AsyncGenerator<Received<AnnouncementItem>, void>;
}

/** In bytes, for all clients that want the same types. */
const LIMIT = 2 * 1024 * 1024;

/** In bytes, what an announcement needs besides its texts. */
const OVERHEAD = 256;

interface Shared {
  readonly broadcast: Broadcast<AnnouncementItem>;
  readonly leave: () => void;
  readers: number;
}

export function createAnnouncementBroadcasts(
  engine: Engine,
  over: AbortSignal,
): AnnouncementBroadcasts {
  const all = new Map<string, Shared>();

  function share(types: readonly AnnouncementType[]): Shared {
    const broadcast = createBroadcast<AnnouncementItem>({ limit: LIMIT });
    const listening = types.map((type) =>
      engine.on(type, (told) => {
        const item = {
          kind: 'announcement',
          type,
          time: Date.now(),
          told: plainAnnouncement(told),
        };
        broadcast.push(item as AnnouncementItem, sizeOf(type, told));
      }),
    );
    const end = () => broadcast.end();
    over.addEventListener('abort', end);
    const leave = () => {
      over.removeEventListener('abort', end);
      for (const off of listening) off();
    };
    return { broadcast, leave, readers: 0 };
  }

  return {
    async *read(types, signal) {
      const wanted = ANNOUNCEMENT_TYPES.filter((type) => types.includes(type));
      const name = wanted.join();
      const shared = all.get(name) ?? share(wanted);
      all.set(name, shared);
      shared.readers += 1;
      try {
        yield* shared.broadcast.read(signal);
      } finally {
        shared.readers -= 1;
        if (shared.readers === 0) {
          all.delete(name);
          shared.leave();
        }
      }
    },
  };
}

/** Output is most of it by far, and making JSON of it for its length alone would take too long. */
function sizeOf<Type extends AnnouncementType>(type: Type, told: Announcements[Type]): number {
  if (type !== 'output') return OVERHEAD + 2 * JSON.stringify(plainAnnouncement(told)).length;
  return OVERHEAD + 2 * (told as Announcements['output']).line.text.length;
}
