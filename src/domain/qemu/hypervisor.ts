import { DomstartError } from '../../model/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DomainRequest, Hypervisor, RunningDomain } from '../../ports/hypervisor.ts';
import { createPacer } from '../../ports/pace.ts';
import { processorSecondsOf } from '../../system/proc.ts';
import { takesSysrq } from '../given-domain.ts';
import { type AccelerationKind, describeMachine, qemuArguments } from './arguments.ts';
import { describeDiskFault } from './disk-fault.ts';
import { endReason } from './end-reason.ts';
import { watchForHalt } from './halt-watch.ts';
import { createKernelSigns } from './kernel-signs.ts';
import { type ProcessEnd, type QemuCommand, type QemuProcess, startQemu } from './process.ts';
import { CHANNEL_CLOSED, createQmp } from './qmp.ts';
import { pressPowerButton, terminateJob } from './shutdown.ts';

/** Milliseconds for QEMU to answer; a loaded host may need some. */
const ANSWER_TIMEOUT = 30_000;

export interface QemuOptions {
  readonly qemu: QemuCommand;
  readonly acceleration: AccelerationKind;
  readonly clock: Clock;
}

/** The hypervisor of hosts without Xen. Needs no root. */
export function createQemu(options: QemuOptions): Hypervisor {
  const { qemu, acceleration } = options;
  return {
    kind: 'qemu',
    async create(request) {
      if (request.signal.aborted) throw cancelled(request);
      const process = await startQemu(qemu, qemuArguments(request, acceleration));
      return run({ ...options, request, process });
    },
  };
}

async function run(
  options: QemuOptions & { readonly request: DomainRequest; readonly process: QemuProcess },
): Promise<RunningDomain> {
  const { request, process, clock } = options;
  let shutdownReason: string | undefined;
  let diskFault: string | undefined;
  let destroyed = false;
  let halted = false;
  let paused = false;

  /** Several may be on their way; QEMU takes them in order. */
  async function turn(to: 'stop' | 'cont'): Promise<void> {
    if (paused === (to === 'stop')) return;
    paused = !paused;
    try {
      await qmp.execute(to);
    } catch (error) {
      paused = !paused;
      throw error;
    }
  }

  const unpause = () => turn('cont');

  function destroy(): void {
    destroyed = true;
    process.kill();
  }

  const pacer = createPacer(process.console, request.pace);
  const signs = createKernelSigns(() => haltWatch.suspect());
  process.console.on('data', (bytes: Buffer) => {
    signs.push(bytes);
    request.onConsole(bytes);
    pacer.took();
  });
  process.exited.then(() => pacer.lift());
  // The far end closes with QEMU; `closed` tells.
  process.console.on('error', () => undefined);
  const qmp = createQmp({
    stream: process.control,
    clock,
    timeout: ANSWER_TIMEOUT,
    onEvent({ event, data }) {
      if (event === 'SHUTDOWN') shutdownReason = String(data['reason']);
      if (event !== 'BLOCK_IO_ERROR') return;
      // The machine stands still then, or its guest works with a disk that is not what it wrote.
      diskFault ??= describeDiskFault(data, request.image.disks);
      process.kill();
    },
  });
  const haltWatch = watchForHalt({
    qmp,
    clock,
    onHalted() {
      halted = true;
      process.kill();
    },
  });

  request.signal.addEventListener('abort', destroy, { once: true });
  if (request.signal.aborted) destroy();
  const shutdownRequest = takesSysrq(request)
    ? terminateJob({ qmp, console: process.console, clock })
    : pressPowerButton(qmp);
  const closed = process.closed.then((result) => {
    shutdownRequest.stop();
    haltWatch.stop();
    request.signal.removeEventListener('abort', destroy);
    return result;
  });
  const ended = closed.then((end) =>
    endReason({
      shutdown: shutdownReason,
      diskFault,
      panicked: signs.panicked,
      halted,
      destroyed,
      process: end,
    }),
  );

  try {
    await qmp.ready;
  } catch (error) {
    process.kill();
    const end = await closed;
    // A guest may be over before QEMU had time to answer; that is an end like any other.
    if (shutdownReason === undefined && diskFault === undefined && !halted)
      throw creationFailure(request, end, error);
  }

  return {
    pid: process.pid,
    description: describeMachine(request, options.acceleration),
    ended,
    destroy,
    shutdown() {
      unpause().catch(() => undefined);
      shutdownRequest.ask();
    },
    pause: () => turn('stop'),
    unpause,
    isPaused: () => paused,
    type: (bytes) =>
      new Promise((resolve, reject) => {
        process.console.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    processorSeconds: () => processorSecondsOf(process.pid),
  };
}

function creationFailure(request: DomainRequest, end: ProcessEnd, cause: unknown): DomstartError {
  if (request.signal.aborted) return cancelled(request);
  // We kill one that says what is not QMP; one that closed its channel was killed by somebody else.
  if (
    end.signal === 'SIGKILL' &&
    cause instanceof DomstartError &&
    cause.message === CHANNEL_CLOSED
  ) {
    return new DomstartError('domain-lost', `domain ${request.name}: QEMU was killed by SIGKILL`, {
      hint: 'see whether the host ran out of memory',
      cause,
    });
  }
  const detail = end.messages === '' ? messageFor(end, cause) : end.messages;
  // As a shell says it: the command is not there, or cannot be executed.
  const code = end.status === 127 || end.status === 126 ? 'host-incapable' : 'boot-failed';
  return new DomstartError(code, `cannot create domain ${request.name}: ${detail}`, {
    hint: PORT_TAKEN.test(detail)
      ? 'another program has the port of `domain forward`, or it is below 1024 and you are not root'
      : 'run `domstart doctor` to see what this host can do',
    cause,
  });
}

const PORT_TAKEN = /could not set up host forwarding rule/i;

function cancelled({ name }: DomainRequest): DomstartError {
  return new DomstartError('cancelled', `domain ${name} was stopped while it started`);
}

function messageFor({ status, signal }: ProcessEnd, cause: unknown): string {
  if (cause instanceof DomstartError && signal === 'SIGKILL') return cause.message;
  return signal === null ? `QEMU exited with status ${status}` : `QEMU was killed by ${signal}`;
}
