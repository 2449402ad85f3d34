import { closeSync, openSync } from 'node:fs';
import { pino } from 'pino';
import type { Engine } from '../embed/engine.ts';
import { DomstartError, messageOf } from '../model/errors.ts';
import { errorJson } from './error-json.ts';

/**
 * Writes everything that an engine tells into a file, one JSON object a line. Synchronously, so
 * that a crash loses no line. Never to the streams that the user reads.
 */
export function openLog(file: string, engine: Engine): Disposable {
  let fd: number;
  try {
    fd = openSync(file, 'a', 0o640);
  } catch (error) {
    throw new DomstartError('host-io', `cannot write the log ${file}: ${messageOf(error)}`);
  }
  const log = pino(
    { base: null, level: 'debug', serializers: { error: errorJson } },
    pino.destination({ fd, sync: true }),
  );
  engine.on('event', (told) => log.info(told, 'event'));
  engine.on('goal', (told) => log.info(told, 'goal'));
  engine.on('state', (told) => log.info(told, 'state'));
  engine.on('process', (told) => log.info(told, 'process'));
  engine.on('instance', (told) => log.info(told, 'instance'));
  engine.on('output', (told) => log.debug(told, 'output'));
  engine.on('progress', (told) => log.info(told, 'progress'));
  engine.on('result', (told) => log.info(told, 'result'));
  engine.on('fault', (told) => log.error(told, 'fault'));
  return { [Symbol.dispose]: () => closeSync(fd) };
}
