import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkSpool, type Results } from './check.ts';
import { createDaemon, processesOf, rest } from './daemon.ts';
import { createDropper } from './drops.ts';
import { DOMAIN_JOB, HOST_JOB } from './job.ts';
import { createRandom } from './random.ts';

const run = promisify(execFile);

export interface TortureOptions {
  readonly seconds: number;
  readonly seed: number;
  /** Files that are dropped at one go, now and then; the kernel's queue holds 16,384 notices. */
  readonly burst: number;
  /** Files that are run in domains of QEMU. */
  readonly domains: number;
  readonly onProgress: (text: string) => void;
}

export interface TortureReport {
  readonly kills: number;
  /** Of these, at a step that was named. */
  readonly stepKills: number;
  readonly domainKills: number;
  readonly fullDisks: number;
  readonly dropped: number;
  readonly host: Results;
  readonly domain: Results;
  /** Runs of the host's job that were begun; each file needs one. */
  readonly begun: number;
  /** Seconds that the last daemon took for what was left. */
  readonly drained: number;
  readonly faults: readonly string[];
  readonly folder: string;
}

/** Milliseconds. */
const LONGEST_LIFE = 4_000;
const LONGEST_STEP = 15_000;

/** Files that wait: with these every kill finds some. */
const ENOUGH = 300;

/** Drops files, kills daemons and domains, fills the disk, and looks whether all came out once. */
export async function torture(options: TortureOptions): Promise<TortureReport> {
  const { seed, onProgress } = options;
  const random = createRandom(seed);
  const base = mkdtempSync(join(tmpdir(), 'domstart-torture-'));
  const disk = mountDisk(join(base, 'disk'));
  const spool = join(disk.path, 'host');
  const vm = join(disk.path, 'vm');
  mkdirSync(join(base, 'jobs'));
  for (const [name, folder, text] of [
    ['host', spool, HOST_JOB],
    ...(options.domains > 0 ? [['vm', vm, DOMAIN_JOB] as const] : []),
  ] as const) {
    mkdirSync(join(folder, 'in'), { recursive: true });
    const filled = text.replace('SPOOL', folder).replace('RAN', join(base, 'ran'));
    writeFileSync(join(base, 'jobs', `${name}.conf`), filled);
  }
  writeFileSync(join(base, 'ran'), '');
  const stage = join(disk.path, 'stage');
  const drops = createDropper({ spool, stage, random });
  const vmDrops = createDropper({ spool: vm, stage: join(disk.path, 'vm-stage'), random });
  const first = createDaemon(base, 'first');
  const second = createDaemon(base, 'second');
  const counts = { kills: 0, stepKills: 0, domainKills: 0, fullDisks: 0 };
  let step = 0;
  let filling: Promise<void> = Promise.resolve();

  async function fill(ms: number): Promise<void> {
    counts.fullDisks += await disk.fill(ms);
  }

  async function life(): Promise<void> {
    // Half of the lives end at a step, one after the other; the others at any time.
    const byStep = random.chance(0.5);
    if (byStep) step = (step % 400) + 1;
    if (!first.isAlive()) await first.start(byStep ? step : 0);
    if (random.chance(0.2) && !second.isAlive()) await second.start(0);
    const end = performance.now() + (byStep ? LONGEST_STEP : random.below(LONGEST_LIFE));
    while (performance.now() < end && first.isAlive() && performance.now() < over) {
      // More than it can do would only be waited for at the end.
      if (readdirSync(join(spool, 'in')).length < ENOUGH) {
        drops.some(5);
        if (random.chance(0.02)) drops.burst(random.below(200));
      }
      if (options.domains > vmDrops.drops.length && random.chance(0.1)) vmDrops.burst(1);
      if (options.domains > 0 && random.chance(0.05)) counts.domainKills += killDomain(base);
      if (random.chance(0.01)) filling = filling.then(() => fill(random.below(2_000)));
      await rest(20 + random.below(180));
    }
    if (byStep && !first.isAlive()) counts.stepKills += 1;
    await first.kill();
    counts.kills += 1;
    if (second.isAlive() && random.chance(0.5)) await replaceSecond();
  }

  /** What a killed one leaves at its socket is removed by the next. */
  async function replaceSecond(): Promise<void> {
    await second.kill();
    counts.kills += 1;
    await second.start(0);
    await second.stop();
  }

  const over = performance.now() + options.seconds * 1000;
  // Late: while much waits nothing else is dropped.
  const burstAt = over - options.seconds * 300;
  let burst = false;
  if (options.domains > 0) vmDrops.burst(1);
  for (let told = performance.now(); performance.now() < over; ) {
    if (!burst && performance.now() > burstAt) {
      burst = true;
      drops.burst(options.burst);
    }
    await life();
    if (performance.now() - told < 10_000) continue;
    told = performance.now();
    const left = Math.round((over - told) / 1000);
    onProgress(`${drops.drops.length} dropped, ${counts.kills} kills, ${left} s to go`);
  }
  if (second.isAlive()) await replaceSecond();
  await Promise.all([drops.settled(), vmDrops.settled(), filling]);
  const began = performance.now();
  await first.start(0);
  await drained([spool, ...(options.domains > 0 ? [vm] : [])], drops.drops.length, onProgress);
  const seconds = (performance.now() - began) / 1000;
  const faults: string[] = [];
  const status = await first.stop();
  if (status !== 0) faults.push(`the daemon ended with ${status}`);
  const host = checkSpool(spool, drops.drops, counts);
  const none = { done: 0, failed: 0, faults: [] };
  const domain = options.domains > 0 ? checkSpool(vm, vmDrops.drops, counts) : none;
  const begun = readFileSync(join(base, 'ran'), 'utf8').split('\n').length - 1;
  faults.push(...host.faults, ...domain.faults, ...leftOf(base));
  const wasted = begun - host.done;
  // Each kill may cut off as many as run at once.
  if (wasted > counts.kills * 6) faults.push(`${wasted} runs were wasted by ${counts.kills} kills`);
  const dropped = drops.drops.length + vmDrops.drops.length;
  disk.remove();
  if (faults.length === 0) rmSync(base, { recursive: true });
  const found = { host, domain, begun, faults, folder: base };
  return { ...counts, dropped, drained: seconds, ...found };
}

/** Resolves when the spools are empty, or nothing has moved for long. */
async function drained(
  spools: readonly string[],
  dropped: number,
  onProgress: (text: string) => void,
): Promise<void> {
  const left = () =>
    spools.flatMap((spool) => ['in', 'work'].flatMap((one) => readdirSync(join(spool, one))));
  let before = Number.POSITIVE_INFINITY;
  for (let quiet = 0; quiet < 150; quiet += 1) {
    const { length } = left();
    if (length === 0) return;
    if (length < before) quiet = 0;
    before = length;
    await rest(200);
    if (quiet === 0 && Math.random() < 0.02) onProgress(`${length} of ${dropped} are left`);
  }
}

/** SIGKILLs one of the QEMUs; gives how many. */
function killDomain(base: string): number {
  const [one] = processesOf(base).filter(({ command }) => /qemu-system/.test(command));
  if (one === undefined) return 0;
  try {
    process.kill(one.pid, 'SIGKILL');
    return 1;
  } catch {
    return 0;
  }
}

function leftOf(base: string): string[] {
  const faults = processesOf(base).map(({ command }) => `a process is left: ${command}`);
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  const mounted = mounts.filter(
    (line) => line.includes(base) && !line.includes(join(base, 'disk')),
  );
  for (const line of mounted) faults.push(`a mount is left: ${line}`);
  const runs = join(base, 'run');
  for (const name of existsSync(runs) ? readdirSync(runs) : [])
    faults.push(`a run is left: ${name}`);
  for (const name of readdirSync(base)) {
    if (/\.socket$|processes/.test(name)) faults.push(`a file is left: ${name}`);
  }
  return faults;
}

interface Disk {
  readonly path: string;
  /** Leaves no room on it for so many milliseconds; gives 1 where it can. */
  fill(ms: number): Promise<number>;
  remove(): void;
}

/** A disk in memory, so that it can be full; a folder where we are not root. */
function mountDisk(path: string): Disk {
  mkdirSync(path);
  if (process.getuid?.() !== 0) return { path, fill: async () => 0, remove: () => {} };
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6g,nr_inodes=0', 'torture', path]);
  return {
    path,
    async fill(ms) {
      const ballast = join(path, 'ballast');
      // What is left is less than a spool wants for a claim, or nothing at all.
      const spare = ms % 2 === 0 ? 0 : 8 * 1024 * 1024;
      try {
        // Others write at the same time, so that it may take several pieces.
        for (let piece = 64; piece > 0; piece -= 1) {
          const { bavail, bsize } = statfsSync(path);
          const size = Math.floor((bavail * bsize - spare) / (piece > 1 ? 2 : 1));
          if (size <= bsize) break;
          const file = `${ballast}.${piece}`;
          await run('fallocate', ['-l', String(size), file]).catch(() => undefined);
        }
        await rest(ms);
      } finally {
        for (let piece = 64; piece > 0; piece -= 1) rmSync(`${ballast}.${piece}`, { force: true });
      }
      return 1;
    },
    remove: () => execFileSync('umount', [path]),
  };
}
