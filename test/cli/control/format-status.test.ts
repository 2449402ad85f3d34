import { describe, expect, test } from 'vitest';
import {
  formatOldInstance,
  formatOldStatus,
  formatStatus,
} from '../../../src/cli/control/format-status.ts';
import type { InstanceStatus } from '../../../src/daemon/control/protocol.ts';

type Processes = InstanceStatus['processes'];

function status(
  job: string,
  goal: InstanceStatus['goal'],
  state: InstanceStatus['state'],
  processes: readonly string[] = [],
): InstanceStatus {
  const [, name, instance = ''] = /^(\S+)(?: \((.*)\))?$/.exec(job) ?? [];
  const running = processes.map((process, at) => ({ process, pid: at + 1 })) as Processes;
  return { job: name as string, instance, goal, state, processes: running };
}

// What the real initctl printed, with 1, 2, … for the process ids.
describe('a status as Upstart 1.x prints it', () => {
  test.each([
    [status('j', 'stop', 'waiting'), 'j stop/waiting'],
    [status('j', 'start', 'running', ['main']), 'j start/running, process 1'],
    [status('j (2)', 'start', 'running', ['main']), 'j (2) start/running, process 1'],
    [status('l (1$)', 'start', 'running'), 'l (1$) start/running'],
    [status('j', 'start', 'pre-start', ['pre-start']), 'j start/pre-start, process 1'],
    [status('j', 'stop', 'post-stop', ['post-stop']), 'j stop/post-stop, process 1'],
    [status('j', 'start', 'spawned', ['main']), 'j start/spawned, process 1'],
    [status('j', 'stop', 'starting'), 'j stop/starting'],
    [
      status('j', 'stop', 'post-start', ['main', 'post-start']),
      'j stop/post-start, process 1\n\tpost-start process 2',
    ],
    [
      status('j', 'stop', 'post-start', ['post-start']),
      'j stop/post-start, (post-start) process 1',
    ],
    [
      status('j', 'respawn', 'post-start', ['post-start']),
      'j respawn/post-start, (post-start) process 1',
    ],
    [status('j', 'stop', 'pre-stop', ['pre-stop']), 'j stop/pre-stop, (pre-stop) process 1'],
  ])('%j', (given, printed) => {
    expect(formatStatus(given).join('\n')).toBe(printed);
  });

  test('a domain has no process of this host', () => {
    const domain: InstanceStatus = {
      ...status('guest', 'start', 'running'),
      processes: [{ process: 'main' }, { process: 'post-start', pid: 7 }],
    };
    expect(formatStatus(domain)).toEqual(['guest start/running, (post-start) process 7']);
  });
});

describe('a status as Upstart 0.3 prints it', () => {
  test.each([
    [status('j', 'stop', 'waiting'), 'j (stop) waiting'],
    [status('j', 'start', 'waiting'), 'j (start) waiting'],
    [status('j', 'start', 'pre-start', ['pre-start']), 'j (start) pre-start, process 1'],
    [status('a', 'start', 'spawned', ['main']), 'a (start) spawned, process 1'],
    [status('a', 'start', 'post-start', ['main']), 'a (start) post-start, (main) process 1'],
    [
      status('j', 'start', 'post-start', ['main', 'post-start']),
      'j (start) post-start, process 2\n\tmain process 1',
    ],
    [status('j', 'stop', 'post-start', ['post-start']), 'j (stop) post-start, process 1'],
    [status('a', 'start', 'running', ['main']), 'a (start) running, process 1'],
    [status('db', 'stop', 'pre-stop', ['main']), 'db (stop) pre-stop, (main) process 1'],
    [
      status('j', 'stop', 'pre-stop', ['main', 'pre-stop']),
      'j (stop) pre-stop, process 2\n\tmain process 1',
    ],
    [status('db', 'stop', 'stopping', ['main']), 'db (stop) stopping, process 1'],
    [status('db', 'stop', 'killed', ['main']), 'db (stop) killed, process 1'],
    [status('j', 'stop', 'post-stop', ['post-stop']), 'j (stop) post-stop, process 1'],
  ])('%j', (given, printed) => {
    expect(formatOldStatus(given).join('\n')).toBe(printed);
  });

  test('an instance stands below its job', () => {
    expect(formatOldInstance(status('j (1)', 'start', 'running'))).toEqual(['    (start) running']);
  });
});
