import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findSource, sourcePlaces } from '../../src/image/find-source.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-find-'));
  mkdirSync(join(folder, 'jobs/bin'), { recursive: true });
  mkdirSync(join(folder, 'here'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function request(name: string) {
  return {
    name,
    stanza: `image copy ${name} /x`,
    jobFile: join(folder, 'jobs/a.conf'),
    workingFolder: join(folder, 'here'),
  };
}

describe('a file that a job names', () => {
  it.each([
    ['load.sh', ['jobs/load.sh', 'here/load.sh']],
    ['bin/x', ['jobs/bin/x', 'here/bin/x']],
    ['./load.sh', ['here/load.sh', 'jobs/load.sh']],
    ['../x', ['x']],
    ['.hidden', ['jobs/.hidden', 'here/.hidden']],
  ])('%s is looked for in %j', (name, places) => {
    expect(sourcePlaces(request(name))).toEqual(places.map((place) => join(folder, place)));
  });

  it('is looked for in one place where its name is a full path', () => {
    expect(sourcePlaces(request('/srv/x'))).toEqual(['/srv/x']);
  });

  it('comes from the working folder where it is not beside the job file', async () => {
    writeFileSync(join(folder, 'here/load.sh'), '');
    expect(await findSource(request('load.sh'))).toBe(join(folder, 'here/load.sh'));
    writeFileSync(join(folder, 'jobs/load.sh'), '');
    expect(await findSource(request('load.sh'))).toBe(join(folder, 'jobs/load.sh'));
  });

  it('that is nowhere is named with every place looked at', async () => {
    const error = await findSource(request('mine.sh')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'file-missing' });
    const { message, hint } = error as { message: string; hint: string };
    expect(message).toContain('`image copy mine.sh /x`');
    expect(message).toContain(join(folder, 'jobs/mine.sh'));
    expect(message).toContain(join(folder, 'here/mine.sh'));
    expect(hint).not.toBe('');
  });
});
