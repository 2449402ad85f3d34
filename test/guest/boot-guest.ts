import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileGuest } from '../../src/guest/compile-guest.ts';
import { ensureHost } from '../../src/host/ensure-host.ts';
import { cacheFolder } from '../../src/host/paths.ts';
import { createImageBuilder } from '../../src/image/image-builder.ts';
import { parseJob } from '../../src/language/parse-job.ts';
import type { Environment } from '../../src/model/environment.ts';

export interface BootRequest {
  /** A whole job file in Domstart's dialect. */
  readonly text: string;
  readonly jobFile: string;
  readonly environment?: Environment;
}

export interface Booted {
  readonly lines: readonly string[];
  /** By word; absent where the guest never said it. */
  readonly marks: Readonly<Record<string, string | undefined>>;
}

const TOKEN = 'd0d0cafe';
const KERNEL_OPTIONS = [
  'console=ttyS0 quiet panic=-1 mitigations=off cryptomgr.notests audit=0 tsc=reliable',
  'no_timer_check random.trust_cpu=on',
];
const LIMIT_MS = 90_000;

/** Builds the image of a job and boots it with a bare QEMU, until the machine is off. */
export async function bootGuest({ text, jobFile, environment }: BootRequest): Promise<Booted> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const { job, diagnostics } = parseJob({ text, file: jobFile, dialect: 'domstart' });
  if (job?.domain === undefined) throw new Error(JSON.stringify(diagnostics));
  const folder = await mkdtemp(join(tmpdir(), 'domstart-boot-'));
  try {
    const tools = await ensureHost({ signal, onProgress: () => {} });
    const images = createImageBuilder({ tools, cache: cacheFolder(), compileGuest });
    const image = await images.build({
      domain: job.domain,
      environment: environment ?? new Map(),
      jobFile,
      folder,
      token: TOKEN,
      signal,
      onProgress: () => {},
    });
    const { command, args, env } = tools.qemu;
    const machine = ['-M', 'pc', '-accel', 'tcg', '-m', '96', '-nodefaults', '-no-user-config'];
    const off = ['-display', 'none', '-no-reboot', '-serial', 'stdio'];
    const boot = ['-kernel', image.kernel, '-initrd', image.initrd];
    const options = ['-append', KERNEL_OPTIONS.join(' ')];
    const card = ['-netdev', 'user,id=n0', '-device', 'virtio-net-pci,netdev=n0,romfile='];
    const network = job.domain.vifs.length > 0 ? card : [];
    return read(
      await outputOf(command, [...args, ...machine, ...off, ...boot, ...options, ...network], {
        env,
        signal,
      }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function outputOf(
  command: string,
  args: readonly string[],
  { env, signal }: { env: Readonly<Record<string, string>>; signal: AbortSignal },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
      signal,
      killSignal: 'SIGKILL',
    });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', (error) => reject(new Error(`${error.message}\n${output}`)));
    child.on('close', () => resolve(output));
  });
}

function read(output: string): Booted {
  const lines: string[] = [];
  const marks: Record<string, string> = {};
  for (const line of output.replaceAll('\r', '').split('\n')) {
    const [before = '', mark] = line.split(`domstart:${TOKEN}:`);
    if (before !== '') lines.push(before);
    if (mark !== undefined) marks[mark.split(' ')[0] ?? ''] = mark.split(' ').slice(1).join(' ');
  }
  return { lines, marks };
}
