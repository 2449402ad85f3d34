import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type DaemonRig, daemonRig, stop } from '../support/daemon.ts';
import type { Started } from '../support/domstart.ts';

/** Ends a client that follows as its user does, and gives what it had printed. */
async function interrupt({ child, finished }: Started): Promise<string> {
  child.kill('SIGINT');
  const { status, stdout, stderr } = await finished;
  expect({ status, stderr }).toEqual({ status: 130, stderr: '' });
  return stdout;
}

async function stopAll(rig: DaemonRig, daemon: Started): Promise<void> {
  expect((await stop(daemon)).status).toBe(0);
  expect(rig.processes()).toEqual([]);
}

test('`console --follow` goes on across rotations and a restart of the job, without a gap', async () => {
  await using rig = daemonRig();
  // More than one file holds; then it waits to be restarted, and says its last word.
  rig.file(
    'jobs/talk.conf',
    `script
  if [ -e ${rig.folder}/second ]; then echo the second run; exec sleep 1000; fi
  touch ${rig.folder}/second
  seq -f 'line %.0f of very many, which together are more than one file may hold' 1 200000
  echo the first is done
  exec sleep 1000
end script
`,
  );
  const daemon = await rig.daemon();
  const follower = rig.start('domstart console talk --follow');
  const lines = rig.start('domstart console talk --follow --json');
  expect((await rig.ask('initctl start talk')).status).toBe(0);
  await follower.said('the first is done');
  expect(readdirSync(join(rig.folder, 'log')).sort()).toEqual(['talk.log', 'talk.log.1']);
  expect((await rig.ask('initctl restart talk')).status).toBe(0);
  await follower.said('the second run');
  const seen = (await interrupt(follower)).split('\n');
  const lost = seen.filter((line) => line.includes('bytes lost'));
  // All, or as much as a reader may leave waiting; and nothing twice or in another order.
  const numbers = seen.flatMap((line) => /^line (\d+) /.exec(line)?.[1] ?? []).map(Number);
  expect(numbers.every((n, at) => at === 0 || n > (numbers[at - 1] ?? 0))).toBe(true);
  if (lost.length === 0) expect(numbers).toHaveLength(200_000);
  expect(seen.slice(-3)).toEqual(['the first is done', 'the second run', '']);
  // It was interrupted in the middle of whatever it wrote.
  const json = (await interrupt(lines)).split('\n').slice(0, -1);
  expect(json.length).toBeGreaterThan(0);
  for (const line of json) JSON.parse(line);
  await stopAll(rig, daemon);
});

test('`console --follow` begins before its job, and ends with the daemon', async () => {
  await using rig = daemonRig();
  rig.file('jobs/talk.conf', 'instance $N\ntask\nexec echo this is $N\n');
  const daemon = await rig.daemon();
  const follower = rig.start('domstart console talk one --follow');
  const other = rig.start('domstart console talk two --follow');
  const events = rig.start('domstart events --follow');
  expect((await rig.ask('initctl start talk N=one')).status).toBe(0);
  await follower.said('this is one');
  expect((await rig.ask('initctl start talk N=two')).status).toBe(0);
  await other.said('this is two');
  await vi.waitFor(async () => {
    await rig.ask('initctl emit knock');
    await within(events.said('knock'), 300);
  }, 10_000);
  await stopAll(rig, daemon);
  const { status, stdout } = await follower.finished;
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'this is one\n' });
  expect(await other.finished).toMatchObject({ status: 0, stdout: 'this is two\n' });
  const { status: ended, stdout: told } = await events.finished;
  expect(ended).toBe(0);
  expect(told).toContain('session-end');
});

test('`events --follow` of a busy daemon tells all, in order, also as JSON', async () => {
  await using rig = daemonRig();
  rig.file('jobs/task.conf', 'start on go\ninstance $N\ntask\nexec true\n');
  const daemon = await rig.daemon();
  const words = rig.start('domstart events --follow');
  const json = rig.start('domstart events --follow --json');
  // They are there when they tell something.
  await vi.waitFor(async () => {
    await rig.ask('initctl emit knock');
    await Promise.all([words, json].map((one) => within(one.said('knock'), 300)));
  }, 10_000);
  for (let n = 0; n < 60; n += 20) {
    const names = Array.from({ length: 20 }, (_, at) => n + at);
    const emits = names.map((at) => rig.ask(['initctl', 'emit', 'go', `N=${at}`]));
    for (const { status } of await Promise.all(emits)) expect(status).toBe(0);
  }
  await rig.ask('initctl emit last');
  await Promise.all([words.said('last'), json.said('"last"')]);
  expect(await interrupt(words)).not.toContain('lost');
  const told = (await interrupt(json))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type?: string; told?: Record<string, unknown> });
  const started = told.filter(
    (one) =>
      JSON.stringify(one).includes('"to":"running"') || /"started"/.test(JSON.stringify(one)),
  );
  expect(started.length).toBeGreaterThanOrEqual(60);
  await stopAll(rig, daemon);
});

function within<T>(work: Promise<T>, ms: number): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_, reject) => setTimeout(() => reject(new Error('not yet')), ms)),
  ]);
}
