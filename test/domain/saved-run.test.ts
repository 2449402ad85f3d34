import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { removeHalfSaved } from '../../src/domain/half-saved.ts';
import { leavingOf } from '../../src/domain/leaving.ts';
import { createRunFolder, type RunFolder } from '../../src/domain/run-folder.ts';
import {
  imageOf,
  type RunRecord,
  readRunRecord,
  recordOf,
  writeRunRecord,
} from '../../src/domain/run-record.ts';
import {
  readSaved,
  refuseOther,
  removeSaved,
  saveRun,
  takeSaved,
} from '../../src/domain/saved-run.ts';
import { parseJob } from '../../src/language/parse-job.ts';
import type { JobDefinition } from '../../src/model/job.ts';
import type { RunningDomain } from '../../src/ports/hypervisor.ts';
import type { BuiltImage } from '../../src/ports/images.ts';

let root: string;
let runDir: string;
let into: string;
let run: RunFolder;
let image: BuiltImage;
let record: RunRecord;

/** As a later daemon reads it as well. */
const recordNow = (): RunRecord =>
  recordOf({
    ...{ owner: '/run/control', token: 'token', image, path: run.path },
    context: {
      job: { name: 'a' },
      instance: 'one',
      environment: new Map([['FILE', 'x']]),
    } as never,
  });

function job(more = ''): JobDefinition {
  const text = `image from busybox\n${more}guest a\n    exec true\nend guest\n`;
  const parsed = parseJob({ text, file: '/etc/domstart/a.conf', dialect: 'domstart' }).job;
  if (parsed === undefined) throw new Error('a job');
  return parsed;
}

/** As Xen does it. */
const save: Required<RunningDomain>['save'] = async (file, keep) => {
  writeFileSync(file, 'all of its memory');
  await keep();
};

const saveAs = (how = save) => {
  const onSaved = () => saved.push(into);
  return saveRun({ save: how, folder: run, into, job: job(), record, onSaved });
};
let saved: string[];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'domstart-test-'));
  [runDir, into, saved] = [join(root, 'runs'), join(root, 'saved'), []];
  run = await createRunFolder({ runDir, job: 'a', instance: 'one' });
  writeFileSync(join(run.path, 'initrd'), 'ramdisk');
  writeFileSync(join(run.path, 'disk'), 'written to');
  image = {
    ...{ kernel: '/kernel', conservativeKernel: '/kernel', cached: true, description: 'busybox' },
    initrd: join(run.path, 'initrd'),
    disks: [join(run.path, 'disk'), '/srv/disk'].map((path) => ({
      path,
      format: 'raw',
      readOnly: false,
    })),
  };
  record = recordNow();
  writeRunRecord(run.path, record);
});

afterEach(() => rmSync(root, { recursive: true }));

const take = async () => takeSaved(into, { record: readSaved(into), runDir, owner: '/run/other' });

describe('a domain that is saved', () => {
  test('is a folder with all that its run has, and becomes another run', async () => {
    await saveAs();
    expect(saved).toEqual([into]);
    expect(readdirSync(into).sort()).toEqual(['files', 'memory', 'saved.json']);
    expect(readdirSync(join(into, 'files')).sort()).toEqual(['disk', 'initrd']);
    // A daemon that comes now is not to go on with it as well.
    expect(readRunRecord(run.path)).toBeUndefined();
    await run.remove();
    const taken = await take();
    expect(taken.record).toEqual({ ...record, owner: '/run/other' });
    const { path } = taken.folder;
    // Nobody could go on with it yet.
    expect(readRunRecord(path)).toBeUndefined();
    expect(readFileSync(join(path, 'disk'), 'utf8')).toBe('written to');
    expect(taken.memory).toBe(join(into, 'memory'));
    expect(imageOf(taken)).toMatchObject({
      ...{ kernel: '/kernel', initrd: join(path, 'initrd') },
      disks: [{ path: join(path, 'disk') }, { path: '/srv/disk' }],
    });
    await removeSaved(into);
    expect(existsSync(into)).toBe(false);
  });

  test('is refused where there is something, which stays as it is', async () => {
    mkdirSync(into);
    await expect(saveAs()).rejects.toMatchObject({ code: 'host-io' });
    expect(readdirSync(into)).toEqual([]);
    expect(readRunRecord(run.path)).toEqual(record);
  });

  test('and cannot be, leaves nothing, and can go on with a later daemon', async () => {
    const failing = saveAs(async (file) => {
      writeFileSync(file, 'a part');
      throw new Error('no space left on device');
    });
    await expect(failing).rejects.toMatchObject({
      code: 'host-io',
      message: `cannot save into ${into}: no space left on device`,
    });
    expect(readdirSync(root)).toEqual(['runs']);
    expect(readdirSync(run.path).sort()).toEqual(['disk', 'initrd', 'run.json']);
    expect(saved).toEqual([]);
  });

  test('while its daemon is killed: the next one removes what is not whole', async () => {
    let written = () => {};
    const half = new Promise<void>((resolve) => {
      written = resolve;
    });
    void saveAs((file) => {
      writeFileSync(file, 'a part');
      written();
      return new Promise(() => {});
    });
    await half;
    expect(readdirSync(root)).toHaveLength(2);
    await removeHalfSaved(run.path);
    expect(readdirSync(root)).toEqual(['runs']);
    expect(readdirSync(run.path).sort()).toEqual(['disk', 'initrd', 'run.json']);
  });
});

test('a later daemon knows what the domain was made of', () => {
  const left = { folder: run, record: readRunRecord(run.path) as RunRecord };
  expect(imageOf(left)).toEqual(image);
});

describe('a folder that is not what was saved', () => {
  test('is one that somebody else has made', () => {
    expect(() => readSaved(root)).toThrow(expect.objectContaining({ code: 'file-missing' }));
  });

  test.each<[string, (file: (name: string) => string) => void]>([
    ['a memory that was copied in part', (file) => truncateSync(file('memory'), 3)],
    ['no memory', (file) => rmSync(file('memory'))],
    ['no files', (file) => rmSync(file('files'), { recursive: true })],
    ['a record that was cut off', (file) => truncateSync(file('saved.json'), 20)],
    ['a record of something else', (file) => writeFileSync(file('saved.json'), '{"version":2}')],
    ['no object', (file) => writeFileSync(file('saved.json'), '7')],
  ])('%s is damage', async (_, spoil) => {
    await saveAs();
    spoil((name) => join(into, name));
    expect(() => readSaved(into)).toThrow(expect.objectContaining({ code: 'archive-invalid' }));
  });

  test('that another version saved is one for that version', async () => {
    await saveAs();
    writeFileSync(join(into, 'saved.json'), '{"version":1}');
    expect(() => readSaved(into)).toThrow(expect.objectContaining({ code: 'not-supported' }));
  });

  test('is one of another job now', async () => {
    await saveAs();
    const of = readSaved(into);
    expect(() => refuseOther(of, job())).not.toThrow();
    expect(() => refuseOther(of, job('domain memory 64\n'))).toThrow('asks for another domain');
    expect(() => refuseOther(of, undefined)).toThrow(
      expect.objectContaining({ code: 'job-unknown' }),
    );
  });
});

test('one whose result a spool awaits stays, and one with disks does not move', async () => {
  const name = 'a-one';
  const domain = { save, migrate: async () => {} } as Pick<RunningDomain, 'save' | 'migrate'>;
  const of = { name, job: job(), record, folder: run };
  const going = (isAwaited: boolean) =>
    leavingOf(domain as RunningDomain, { ...of, isAwaited }) as Required<
      ReturnType<typeof leavingOf>
    >;
  await expect(going(true).save(into, () => {})).rejects.toMatchObject({ code: 'not-supported' });
  await expect(going(true).migrate({ host: 'h' }, () => {})).rejects.toThrow('result is awaited');
  await expect(going(false).migrate({ host: 'h' }, () => {})).rejects.toThrow('its disks are on');
  await going(false).save(into, () => {});
  expect(readSaved(into).run.job).toBe('a');
});
