import { closeSync, openSync } from 'node:fs';
import { pino } from 'pino';
import { errorJson } from '../model/error-json.ts';
import { DomstartError, messageOf } from '../model/errors.ts';
import type { Announcement } from './announcement-feed.ts';

/** Everything that is told, one JSON object a line; `msg` is its type. */
export interface LogFile extends Disposable {
  write(announcement: Announcement): void;
}

/** Written synchronously, so that a crash loses no line. Throws `host-io`. */
export function openLogFile(file: string): LogFile {
  let fd: number;
  try {
    fd = openSync(file, 'a', 0o640);
  } catch (error) {
    throw new DomstartError('host-io', `cannot write the log ${file}: ${messageOf(error)}`);
  }
  const destination = pino.destination({ fd, sync: true });
  // A full disk must not end what the log is of.
  destination.on('error', () => {});
  const log = pino({ base: null, level: 'debug', serializers: { error: errorJson } }, destination);
  return {
    write({ type, told }) {
      if (type === 'output') log.debug(told, type);
      else if (type === 'fault') log.error(told, type);
      else log.info(told, type);
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}
