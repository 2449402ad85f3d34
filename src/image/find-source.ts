import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
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
  const places = sourcePlaces(request);
  for (const place of places) {
    if ((await stat(place).catch(() => undefined)) !== undefined) return place;
  }
  throw new DomstartError(
    'file-missing',
    `there is no ${request.name || 'file'} for \`${request.stanza}\`: looked for ${places.join(' and ')}`,
    {
      hint:
        request.name === ''
          ? 'the name is empty: set the variable that the stanza names'
          : `make the file, or name another: a full path, or one that begins with ./ for ${join(request.workingFolder, '/')}`,
    },
  );
}
