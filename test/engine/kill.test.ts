import { expect, test } from 'vitest';
import type { OwnProcess } from '../../src/engine/job-state.ts';
import type { Ending } from '../../src/ports/main-process.ts';
import { jobOf, on } from '../support/job.ts';
import { engineRig, settled } from './engine-rig.ts';

const script = { kind: 'script', text: ':' } as const;
const main = { main: script };

/** An engine with one job, whose processes run until they are killed. */
function begin(processes: readonly OwnProcess[]) {
  return engineRig({
    jobs: [
      jobOf('j', {
        processes: { ...main, ...Object.fromEntries(processes.map((name) => [name, script])) },
      }),
    ],
    run: ({ signal }) =>
      new Promise<Ending>((resolve) => {
        const end = () => resolve({ kind: 'signalled', signal: 'KILL' });
        signal.addEventListener('abort', end);
        if (signal.aborted) end();
      }),
  });
}

test.each<OwnProcess>(['pre-start', 'post-start'])('kill ends a %s that hangs', async (process) => {
  const rig = begin([process]);
  const { result } = await rig.engine.start('j');
  await settled();
  void rig.engine.close();
  await settled();
  expect(rig.status('j'), 'a stop alone waits').toBe(`stop/${process}`);
  rig.engine.kill();
  await result;
  expect(rig.trace()).toContain(`kill j ${process} with KILL`);
});

test.each<OwnProcess>(['pre-stop', 'post-stop'])('kill ends a %s that hangs', async (process) => {
  const rig = begin([process]);
  const { result, answer } = await rig.engine.start('j');
  await answer;
  void rig.engine.stop('j');
  await settled();
  expect(rig.status('j')).toBe(`stop/${process}`);
  rig.engine.kill();
  await result;
  expect(rig.trace()).toContain(`exit j ${process} signal KILL`);
});

test('processes that begin after a kill are killed too', async () => {
  const rig = begin(['pre-stop', 'post-stop']);
  const { result, answer } = await rig.engine.start('j');
  await answer;
  rig.engine.kill();
  await result;
  const trace = rig.trace();
  expect(trace).toContain('exit j pre-stop signal KILL');
  expect(trace).toContain('exit j post-stop signal KILL');
  expect(rig.mains.of('j').calls).toContain('kill');
});

test('kill does not wait for who holds the stopping event', async () => {
  const rig = engineRig({
    jobs: [jobOf('j'), jobOf('last-words', { task: true, startOn: on('stopping', 'JOB=j') })],
  });
  const { answer } = await rig.engine.start('j');
  await answer;
  void rig.engine.stop('j');
  await settled();
  expect(rig.status('j')).toBe('stop/stopping');
  const { calls } = rig.mains.of('j');
  expect(calls).not.toContain('kill');
  rig.engine.kill();
  expect(calls).toContain('kill');
});

test('after a kill, a new run is not in a hurry', async () => {
  const rig = begin(['post-stop']);
  const { result, answer } = await rig.engine.start('j');
  await answer;
  rig.engine.kill();
  await result;
  const again = await rig.engine.start('j');
  await again.answer;
  void rig.engine.stop('j');
  await settled();
  expect(rig.status('j')).toBe('stop/post-stop');
  rig.engine.kill();
  await again.result;
});
