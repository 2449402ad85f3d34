import { DomstartError } from '../model/errors.ts';
import type { SpoolEntry } from '../ports/spool-journal.ts';
import { textOf } from './names.ts';
import type { RunPlace } from './run.ts';

export function movedAway(folder: string): DomstartError {
  return new DomstartError('host-io', `the spool ${folder} was moved or replaced`, {
    hint: 'what is there now is served; what ran in the other one has no result here',
  });
}

export function takenAway({ name }: SpoolEntry, { folder }: RunPlace): DomstartError {
  return new DomstartError(
    'host-io',
    `${textOf(name)} has no result: ${folder} was taken away while it ran`,
    { hint: 'leave `work` of a spool to Domstart; drop the file again' },
  );
}

export function fullDisk(folder: string): DomstartError {
  return new DomstartError('host-io', `${folder} has no room left: nothing is claimed`, {
    hint: 'free some space; it goes on by itself then',
  });
}
