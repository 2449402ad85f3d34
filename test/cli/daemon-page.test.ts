/** The first ten minutes of docs/daemon.md, played as they are written. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test, vi } from 'vitest';
import { INITCTL_VERBS } from '../../src/cli/control/help.ts';
import { type DaemonRig, daemonRig, stop } from '../support/daemon.ts';

const page = readFileSync(resolve('docs/daemon.md'), 'utf8');
const minutes = page.slice(page.indexOf('## The first ten minutes'), page.indexOf('## Places'));

interface Block {
  /** `jobs/web.conf`, where the text before it named one. */
  readonly file: string | undefined;
  readonly text: string;
}

function blocksOf(text: string): Block[] {
  return Array.from(
    text.matchAll(/([\s\S]*?)```\n([\s\S]*?)```\n/g),
    ([, before = '', block = '']) => ({
      file: /`(jobs\/\w+\.conf)`/.exec(before)?.[1],
      text: block,
    }),
  );
}

/** `$ COMMAND` and what follows it, but for what the daemon says between. */
function callsOf(block: string): { command: string; prints: string[] }[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...rest] = part.trimEnd().split('\n');
      return { command, prints: rest.filter((line) => !line.startsWith('domstartd: ')) };
    });
}

const bare = (line: string) =>
  line.replace(/^\S+Z /, '').replace(/(process |process \()\d+/, '$1PID');

async function jobIsThere(rig: DaemonRig, file: string): Promise<void> {
  const name = file.replace(/^jobs\/|\.conf$/g, '');
  await vi.waitFor(async () => {
    expect((await rig.ask('domstart list')).out).toContain(`${name} stop/waiting\n`);
  }, 10_000);
}

async function play(rig: DaemonRig, command: string, prints: readonly string[]): Promise<void> {
  if (command.startsWith('kill ')) {
    const [pid] = rig.pidsOf('web');
    process.kill(pid as number);
    await vi.waitFor(
      () => expect(rig.pidsOf('web')).toEqual([expect.not.toBeOneOf([pid])]),
      10_000,
    );
    return;
  }
  const words = command.replace('$PWD', rig.folder).split(' ');
  // Files need a second to count as written.
  await vi.waitFor(async () => {
    const { out, err, status } = await rig.ask(words);
    const lines = out.split('\n').filter(Boolean);
    expect({ lines: lines.map(bare), err, status }).toEqual({
      lines: prints.map(bare),
      err: '',
      status: 0,
    });
  }, 15_000);
}

test('every command and every answer', async () => {
  await using rig = daemonRig();
  const [begin, ...blocks] = blocksOf(minutes);
  expect(begin?.text).toContain('domstartd --confdir jobs --logdir logs &');
  const daemon = await rig.daemon();
  const events = rig.start('domstart events --type event,state,process');
  let played = 0;
  for (const { file, text } of blocks) {
    if (text.startsWith('domstartd: ')) {
      rig.file('jobs/web.conf', 'strat on x\n');
      await daemon.said(text.trim());
    } else if (!text.startsWith('$ ')) {
      if (file === undefined) throw new Error(`which file is this?\n${text}`);
      rig.file(file, text.replaceAll('/home/you/ten', rig.folder));
      await jobIsThere(rig, file);
    } else {
      for (const { command, prints } of callsOf(text)) {
        played += 1;
        if (command.startsWith('mkdir in')) rig.file('in/a.txt', 'one two three\n');
        else if (command.startsWith('domstart events')) await told(events, prints);
        else await play(rig, command, prints);
      }
    }
  }
  expect(played).toBeGreaterThan(12);
  events.child.kill('SIGINT');
  await events.finished;
  expect((await stop(daemon)).status).toBe(0);
}, 60_000);

/** Each line, but for the times, in this order. */
async function told(events: ReturnType<DaemonRig['start']>, lines: readonly string[]) {
  for (const line of lines.filter((one) => one !== '…')) {
    await events.said(bare(line).replace(/ \(PID.*/, ' ('));
  }
}

test('the table of commands has all of them', () => {
  const commands = page.slice(page.indexOf('## Commands'), page.indexOf('## When something'));
  for (const verb of INITCTL_VERBS) expect(commands).toMatch(new RegExp(`\`(?:.* )?${verb}[ \`]`));
});

test('the protocol has every verb and every kind of item', () => {
  const protocol = page.slice(page.indexOf('## The protocol'));
  const source = readFileSync(resolve('src/daemon/control/protocol.ts'), 'utf8');
  const verbs = readFileSync(resolve('src/daemon/control/read-request.ts'), 'utf8')
    .split('const SHAPES')[1]
    ?.split('\n};')[0]
    ?.matchAll(/^ {2}'?([a-z-]+)'?: /gm);
  const kinds = source.split('export type Item')[1]?.matchAll(/readonly kind: '([a-z]+)'/g);
  const named = [...(verbs ?? []), ...(kinds ?? [])].map(([, name]) => name as string);
  expect(named.length).toBeGreaterThan(25);
  expect(named.filter((name) => !protocol.includes(`\`${name}\``))).toEqual([]);
});
