import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { DomstartError } from '../model/errors.ts';

export interface SourceRequest {
  /** As the job file has it, expanded. */
  readonly name: string;
  /** What asks for it, for the error: `image copy load.sh /root/load.sh`. */
  readonly stanza: string;
  readonly jobFile?: string | undefined;
  readonly workingFolder: string;
}

/**
 * Where a file that a job names is looked for. A bare name is the job's own (`load.sh` beside the
 * job file) and comes from the working folder only where the job has none; a name that begins with
 * `./` or `../` is what somebody typed here, and comes from beside the job file only where there is
 * none here. Pure.
 */
export function sourcePlaces({ name, jobFile, workingFolder }: SourceRequest): string[] {
  if (isAbsolute(name)) return [name];
  const here = resolve(workingFolder, name);
  const beside = jobFile === undefined ? here : resolve(dirname(resolve(jobFile)), name);
  const typed = name.startsWith('./') || name.startsWith('../');
  return [...new Set(typed ? [here, beside] : [beside, here])];
}

/** The first place that holds it. Throws `file-missing`, naming every place looked at. */
export async function findSource(request: SourceRequest): Promise<string> {
  // An empty name would be the folder itself.
  const places = request.name === '' ? [] : sourcePlaces(request);
  for (const place of places) {
    if ((await stat(place).catch(() => undefined)) !== undefined) return place;
  }
  throw request.name === ''
    ? new DomstartError('file-missing', `\`${request.stanza}\` names no file`, {
        hint: 'the variable in it is empty: give it a value, with the event or with `env`',
      })
    : new DomstartError(
        'file-missing',
        `there is no ${request.name} for \`${request.stanza}\`: looked for ${places.join(' and ')}`,
        { hint: 'make the file, or give another name or a full path' },
      );
}
