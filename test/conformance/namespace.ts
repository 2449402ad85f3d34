import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StepLog } from './expected.ts';
import type { Scenario } from './scenario.ts';

const player = join(import.meta.dirname, 'play-scenario.ts');
const repository = join(import.meta.dirname, '../..');

/**
 * What the words mean: own processes, because scenarios end `$(pidof sleep)`; for those of Upstart
 * 0.3 an own root as well, because its jobs run in `/` and write there. Nothing of it is left, since
 * the kernel ends everything in a namespace with its first process.
 */
const PRIVATE_ROOT = `
set -e
root=$1
repository=$2
folder=$3
shift 3
mount -t tmpfs none "$root"
for entry in /* ; do
  name=\${entry#/}
  case $name in
    tmp|run|etc|proc) mkdir "$root/$name" ;;
    *)
      if [ -L "$entry" ]; then cp -P "$entry" "$root/$name"
      elif [ -d "$entry" ]; then mkdir "$root/$name"; mount --rbind "$entry" "$root/$name"
      fi ;;
  esac
done
cp /etc/passwd /etc/group /etc/nsswitch.conf "$root/etc/" 2>/dev/null || :
cp -r /etc/ld.so.cache /etc/alternatives "$root/etc/" 2>/dev/null || :
# What the root of its own must not hide.
for needed in "$repository" "$folder"; do
  if [ ! -e "$root$needed" ]; then
    mkdir -p "$root$needed"
    mount --rbind "$needed" "$root$needed"
  fi
done
mount -t proc proc "$root/proc"
chmod 1777 "$root/tmp"
exec chroot "$root" "$@"
`;

const FOLDER = 'domstart-scenario-';

/** Removes what runners that were killed have left: their folders are named by their pids. */
export async function removeLeftOvers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(FOLDER)) continue;
    const [pid] = name.slice(FOLDER.length).split('-', 1);
    if (existsSync(`/proc/${pid}`)) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

/** What the player prints, as JSON. */
export type Played =
  | { readonly kind: 'played'; readonly steps: readonly StepLog[] }
  | { readonly kind: 'skipped'; readonly why: string };

/** Throws where this host gives no namespaces, and where it was aborted. */
export async function playApart(scenario: Scenario, signal: AbortSignal): Promise<Played> {
  const work = await mkdtemp(join(tmpdir(), `${FOLDER}${process.pid}-`));
  try {
    return JSON.parse(await run(scenario, { work, signal })) as Played;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

interface Place {
  readonly work: string;
  readonly signal: AbortSignal;
}

function run({ old, folder, name }: Scenario, { work, signal }: Place): Promise<string> {
  signal.throwIfAborted();
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const apart = ['--fork', '--pid', '--mount', '--kill-child'];
  const program = [process.execPath, '--disable-warning=ExperimentalWarning', player, folder];
  const args = old
    ? [...user, ...apart, 'sh', '-c', PRIVATE_ROOT, 'sh', work, repository, folder, ...program, '/']
    : [...user, ...apart, '--mount-proc', ...program, work];
  // Ctrl-C is for us, who end it then.
  const child = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const end = () => endNamespace(child);
  signal.addEventListener('abort', end);
  let printed = '';
  let complained = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    complained += chunk;
  });
  return new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      if (status === 0) resolve(printed);
      else reject(new Error(`${name} could not be played: ${complained.trim()}`));
    });
  }).finally(() => signal.removeEventListener('abort', end));
}

/**
 * Ends its first process. The kernel ends the others with it, and lets `unshare` see its end when
 * all of them are gone.
 */
function endNamespace(unshare: ChildProcess): void {
  const [first] = unshare.pid === undefined ? [] : childrenOf(unshare.pid);
  try {
    if (first !== undefined) process.kill(first, 'SIGKILL');
    else unshare.kill('SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
