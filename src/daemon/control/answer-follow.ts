import { createFeed } from '../../embed/announcement-feed.ts';
import { plainAnnouncement } from '../../embed/plain-announcement.ts';
import { ANNOUNCEMENT_TYPES, type AnnouncementType } from '../../engine/announcements.ts';
import { DomstartError } from '../../model/errors.ts';
import type { Item, Request } from './protocol.ts';
import { jobOf, type Served } from './served.ts';

/** What is announced, from now on until the client has enough. */
export async function* followEvents(
  { engine, over }: Served,
  { follow, types }: Extract<Request, { verb: 'events' }>,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  if (!follow || over.aborted) return;
  const unknown = types?.find((type) => !ANNOUNCEMENT_TYPES.includes(type as AnnouncementType));
  if (unknown !== undefined) {
    throw new DomstartError('job-invalid', `there is no type of event "${unknown}"`, {
      hint: `types are: ${ANNOUNCEMENT_TYPES.join(', ')}`,
    });
  }
  const feed = createFeed<Extract<Item, { kind: 'announcement' }>>({ signal }, ({ push, end }) => {
    over.addEventListener('abort', end);
    const listening = ((types as AnnouncementType[]) ?? ANNOUNCEMENT_TYPES).map((type) =>
      engine.on(type, (told) =>
        push({ kind: 'announcement', type, time: Date.now(), told: plainAnnouncement(told) }),
      ),
    );
    return () => {
      over.removeEventListener('abort', end);
      for (const off of listening) off();
    };
  });
  let lost = 0;
  for await (const announcement of feed) {
    if (feed.lost > lost) {
      const text = `${feed.lost - lost} announcements lost: they came faster than they were read`;
      yield { kind: 'announcement', type: 'notice', time: Date.now(), told: { text } };
      lost = feed.lost;
    }
    yield announcement;
  }
}

/** What a job's log holds, and with `follow` what comes. */
export async function* readConsole(
  { engine, logs }: Served,
  { job, instance, follow }: Extract<Request, { verb: 'console' }>,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  jobOf(engine, job);
  for await (const bytes of logs.read(job, instance, { follow, signal })) {
    yield { kind: 'output', bytes: Buffer.from(bytes).toString('base64') };
  }
}
