import { expect, test } from 'vitest';
import type { JobDefinition, ProcessSpec } from '../../src/model/job.ts';
import { exec, mainRig, script } from './main-rig.ts';
import { openPty } from './pty.ts';

/** Runs it to its end; gives its lines, and what came to the log. */
async function run(
  spec: ProcessSpec,
  fields: Partial<JobDefinition>,
  consoleDevice: string | null = null,
): Promise<{ readonly lines: string[]; readonly log: string; readonly warnings?: string[] }> {
  const pieces: Uint8Array[] = [];
  const { main, lines, warnings } = mainRig(spec, {
    fields,
    consoleDevice,
    context: { log: { write: (bytes) => void pieces.push(bytes) } },
  });
  expect(await (await main.spawn()).ended).toEqual({ kind: 'exited', status: 0 });
  const told = { lines: lines(), log: Buffer.concat(pieces).toString() };
  return warnings().length === 0 ? told : { ...told, warnings: warnings() };
}

const both = script(String.raw`printf '\033[1mone\n'; printf two >&2`);

test('the log gets the bytes as they were written, the report the lines', async () => {
  const told = await run(both, {});
  expect(told).toEqual({ lines: ['one', 'two'], log: '\x1b[1mone\ntwo' });
  expect(await run(both, { console: 'log' })).toEqual(told);
  expect(await run(both, { dialect: 'event.d', console: 'logged' })).toEqual(told);
});

test('none is nothing, and what event.d does where nothing is said', async () => {
  const nothing = { lines: [], log: '' };
  expect(await run(both, { console: 'none' })).toEqual(nothing);
  expect(await run(both, { dialect: 'event.d' })).toEqual(nothing);
});

test('output goes to the console, from which it also reads', async () => {
  const { device, written } = await openPty();
  const spec = script('echo hello\ntty\nls -l /proc/self/fd/0 > /dev/stderr\n');
  expect(await run(spec, { console: 'output' }, device)).toEqual({ lines: [], log: '' });
  await expect.poll(written).toMatch(/^hello\r\n/);
  await expect.poll(written).toContain(device);
});

test('a terminal that output goes to is not owned', async () => {
  const { device, written } = await openPty();
  await run(script('ps -o tty= -p $$'), { console: 'output' }, device);
  await expect.poll(written).toContain('?');
});

test('where the console cannot be had, that is one warning, and the output is taken as lines', async () => {
  const { lines, warnings, log } = await run(both, { console: 'output' }, '/no/such/console');
  expect(warnings).toEqual([
    'main: /no/such/console cannot be opened (ENOENT): its output is shown here',
  ]);
  expect(lines).toEqual(['one', 'two']);
  expect(log).toBe('');
});

test('without a console device, output is taken as lines', async () => {
  expect(await run(both, { console: 'output' })).toEqual({ lines: ['one', 'two'], log: '' });
});

test.each(['none', 'fork'] as const)(
  'an owner has the console for its terminal (expect %s)',
  async (expected) => {
    const { device, written } = await openPty();
    const { main } = mainRig(script('ps -o tty= -p $$ > /dev/tty\nexec sleep 1000\n'), {
      fields: { console: 'owner', expect: expected },
      consoleDevice: device,
    });
    const { ended } = await main.spawn();
    await expect.poll(written).toContain(device.replace('/dev/', ''));
    main.terminate();
    expect(await ended).toEqual({ kind: 'signalled', signal: 'TERM' });
  },
);

test.each([
  ['/no/such/console', 'No such file or directory'],
  ['/dev/null', 'Inappropriate ioctl for device'],
])('an owner of %s is a failed spawn', async (consoleDevice, reason) => {
  const { main } = mainRig(exec('true'), { fields: { console: 'owner' }, consoleDevice });
  await expect(main.spawn()).rejects.toMatchObject({
    message: expect.stringContaining(consoleDevice),
    hint: expect.stringContaining('terminal'),
    cause: { message: `unable to open console: ${reason}` },
  });
});

test('stanzas that have no effect here are said once for a job, and it runs', async () => {
  const { main, warnings } = mainRig(exec('true'), {
    fields: { apparmorSwitch: 'x', cgroups: [['memory', 'group']], debug: true },
  });
  expect(await (await main.spawn()).ended).toEqual({ kind: 'exited', status: 0 });
  expect(await (await main.spawn()).ended).toEqual({ kind: 'exited', status: 0 });
  expect(warnings()).toEqual([
    '"apparmor switch x" has no effect: it runs unconfined',
    '"cgroup memory group" has no effect: it stays in the group of Domstart',
  ]);
});

test('in event.d the arguments of the event reach what a shell runs, and nothing else', async () => {
  const context = { arguments: ['a b', '$c'] };
  const fields: Partial<JobDefinition> = { dialect: 'event.d', console: 'logged' };
  const specs = [
    script('echo "$#:$1:$2"'),
    script('echo "$#:$1:$2"\n:\n'),
    exec('printf "%s:" $# $2'),
    exec('echo none'),
  ];
  const seen: string[][] = [];
  for (const spec of specs) {
    const { main, lines } = mainRig(spec, { fields, context });
    await (await main.spawn()).ended;
    seen.push(lines());
  }
  expect(seen).toEqual([['2:a b:$c'], ['2:a b:$c'], ['2:$c:'], ['none']]);
});
