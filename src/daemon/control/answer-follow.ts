import { ANNOUNCEMENT_TYPES, type AnnouncementType } from '../../engine/announcements.ts';
import { DomstartError } from '../../model/errors.ts';
import type { Item, Request } from './protocol.ts';
import { jobOf, type Served } from './served.ts';

/** What is announced, from now on until the client has enough. */
export async function* followEvents(
  { announcements, over }: Served,
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
  const wanted = (types as AnnouncementType[] | undefined) ?? ANNOUNCEMENT_TYPES;
  for await (const received of announcements.read(wanted, signal)) {
    if (received.kind === 'item') yield received.item;
    else yield lostNotice(received.count);
  }
}

function lostNotice(count: number): Item {
  const text = `${count} announcements lost: they came faster than they were read`;
  return { kind: 'announcement', type: 'notice', time: Date.now(), told: { text } };
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
