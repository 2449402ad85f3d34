import { closeSync, openSync } from 'node:fs';
import { pino } from 'pino';
import { errorJson } from '../model/error-json.ts';
import { DomstartError, messageOf } from '../model/errors.ts';
import type { Announcement } from './announcement-feed.ts';

/** Everything that is told, one JSON object a line; `msg` is its type. */
export interface LogFile extends Disposable {
  write(announcement: Announcement): void;
}

/** So much waits for a disk that is full, in bytes; what comes then is dropped, and counted. */
const KEPT = 1024 * 1024;

/**
 * Written synchronously, so that a crash loses no line. A line whose `msg` is `lost` says how many
 * were dropped in its place, because there was no room for them. Throws `host-io`.
 */
export function openLogFile(file: string): LogFile {
  let fd: number;
  try {
    fd = openSync(file, 'a', 0o640);
  } catch (error) {
    throw new DomstartError('host-io', `cannot write the log ${file}: ${messageOf(error)}`);
  }
  const destination = pino.destination({ fd, sync: true, maxLength: KEPT });
  let lost = 0;
  // A full disk must not end what the log is of, nor fill its memory.
  destination.on('error', () => {});
  destination.on('drop', () => {
    lost += 1;
  });
  const log = pino({ base: null, level: 'debug', serializers: { error: errorJson } }, destination);
  destination.on('drain', () => {
    if (lost === 0) return;
    const lines = lost;
    lost = 0;
    log.warn({ lines }, 'lost');
  });
  return {
    write({ type, told }) {
      if (type === 'output') log.debug(told, type);
      else if (type === 'fault') log.error(told, type);
      else log.info(told, type);
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}
