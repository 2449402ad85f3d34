import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { proveAcceleration } from '../src/domain/qemu/acceleration.ts';
import { qemuArguments } from '../src/domain/qemu/arguments.ts';
import { loadJobs } from '../src/embed/load-jobs.ts';
import { compileGuest } from '../src/guest/compile-guest.ts';
import { ensureHost } from '../src/host/ensure-host.ts';
import { cacheFolder } from '../src/host/paths.ts';
import { createImageBuilder } from '../src/image/image-builder.ts';
import { systemClock } from '../src/process/system-clock.ts';
import { type Report, ratios } from './figure.ts';
import { inTurn } from './measure.ts';

const JOB = 'jobs/rc-noklus.conf';

/**
 * The whole life of the report's guest with a warm cache, Node's start included, against the bare
 * floor: the same QEMU command with the same kernel and the same initramfs, started from a shell.
 * Goal: at most 1.15 of it, and under 2.5 s.
 */
export async function life(runs: number): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'domstart-bench-'));
  try {
    const domstart = ['./bin/domstart', 'run', JOB];
    const times = await inTurn({ domstart, floor: await floor(folder) }, runs);
    const { domstart: ours = [], floor: bare = [] } = times;
    return {
      figures: [
        { name: 'domstart run', unit: 'ms', values: ours, goal: 2500 },
        { name: 'the same QEMU, bare', unit: 'ms', values: bare },
        { name: 'domstart run / bare', unit: '', values: ratios(ours, bare), goal: 1.15 },
      ],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The command as Domstart gives it, its console on standard output and without a control channel. */
async function floor(folder: string): Promise<string[]> {
  const signal = new AbortController().signal;
  const tools = await ensureHost({ signal, onProgress: console.error });
  const [job] = await loadJobs(JOB);
  if (job?.domain === undefined) throw new Error(`${JOB} has no domain`);
  const environment = new Map([['FILE', 'load.sh']]);
  const images = createImageBuilder({ tools, cache: cacheFolder(), compileGuest });
  const image = await images.build({
    domain: job.domain,
    environment,
    jobFile: JOB,
    folder,
    token: 'bench',
    signal,
    onProgress: () => {},
  });
  const request = {
    ...{ id: 'bench', name: job.name, domain: job.domain, environment, image, folder, signal },
    machine: 'fast' as const,
    onConsole: () => {},
  };
  const { kind } = await proveAcceleration({
    qemu: tools.qemu,
    kernel: tools.kernel.vmlinux,
    cacheFolder: cacheFolder(),
    clock: systemClock,
    signal,
  });
  const args = qemuArguments(request, kind)
    .filter((arg) => !arg.startsWith('socket,id=') && arg !== '-chardev' && arg !== '-mon')
    .filter((arg) => arg !== 'chardev=control,mode=control')
    .map((arg) => (arg === 'chardev:console' ? 'stdio' : arg));
  return ['sh', '-c', 'exec "$0" "$@"', tools.qemu.command, ...tools.qemu.args, ...args];
}
