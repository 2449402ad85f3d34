import type { GuestRequest } from '../model/guest-files.ts';
import type { JobDefinition, ProcessName } from '../model/job.ts';
import { device, findDisks, INSIDE, mountRoot, ROOT } from './disk-root.ts';
import { quote } from './quote.ts';

/** Where the init keeps its own files. */
export const OUR_FOLDER = '/etc/domstart';

/** Inside the root file system of the job. */
const HALT_FLAG = '/run/domstart.halt';

export const HALTS = ['halt', 'poweroff', 'reboot'].flatMap((name) => [
  `/sbin/${name}`,
  `/bin/${name}`,
]);

/**
 * What stands in the guest for halt, poweroff and reboot: it tells the init that the job wants to
 * be over, and ends all processes but itself and the init, whose wait for the job returns then.
 */
export const HALT_WRAPPER = `#!/bin/sh
: >${HALT_FLAG}
kill -KILL -1
`;

export interface DirectInit extends Pick<GuestRequest, 'modules' | 'root' | 'output'> {
  readonly job?: JobDefinition;
  /** Those of the job that are run, in order. */
  readonly processes: readonly ProcessName[];
  /** The job finds its interfaces up. */
  readonly network: boolean;
  readonly keepOnFailure: boolean;
}

/** Options for the kernel of which a small one takes some for variables of its init's environment. */
const UNKNOWN_TO_SOME = 'audit coherent_pool initcall_blacklist';

/**
 * The text of /init. Every process costs in software emulation: what the shell can do itself, it
 * does. The marks are those of model/guest-protocol.ts. The token comes from a file that is emptied
 * once it is read, and is in no environment, so that nothing inside prints it by accident. The
 * init's own errors go nowhere once the system is up: all that the shell would say is that the job
 * was killed, which the exit status says.
 *
 * A guest on a disk is the same, but for its job, which runs in the root file system of the disk:
 * the init and its tools stay in memory, so the disk may hold whatever it holds, and no init of its
 * own is ever started.
 */
export function directInit(init: DirectInit): string {
  const { job, processes, modules, root, network, keepOnFailure } = init;
  const flag = `${root.kind === 'disk' ? ROOT : ''}${HALT_FLAG}`;
  return `#!/bin/sh
read -r token <${OUR_FOLDER}/token
: >${OUR_FOLDER}/token
unset ${UNKNOWN_TO_SOME}
echo "domstart:$token:init"
mount -a
read -r hostname </etc/hostname
echo "$hostname" >/proc/sys/kernel/hostname
${loadModules(modules)}${hasDisks(init) ? findDisks() : ''}${root.kind === 'disk' ? mountRoot(root) : ''}${network ? 'ifup -a\n' : ''}exec 2>/dev/null
${keepOnFailure ? shellOnConsole(root.kind) : ''}${job === undefined ? '' : runFunction(job, root.kind)}
status=0
${processes.map((name) => step(name, flag)).join('')}[ -e ${flag} ] && status=0

while read -r name amount unit; do
    case $name in
    MemTotal:) total=$amount ;;
    MemAvailable:) available=$amount; break ;;
    esac
done </proc/meminfo
echo "domstart:$token:memory $((total - available))"
${handBack(init)}echo "domstart:$token:exit $status"
${keepOnFailure ? '[ $status = 0 ] || wait $shell\n' : ''}# Setting a terminal waits until all that was written to it is out.
stty -F /dev/console -echo
exec busybox poweroff -f
`;
}

/**
 * For people who type on the console, in the root of the job and with its environment. Without echo the
 * shell takes whole lines and edits none; without prompts and job control, and greeting where nobody
 * looks, it prints nothing of its own.
 */
function shellOnConsole(root: 'memory' | 'disk'): string {
  const [command, folder, outside] =
    root === 'disk'
      ? [`chroot ${ROOT} ${INSIDE}/busybox sh`, INSIDE, `${ROOT}${INSIDE}`]
      : ['sh', OUR_FOLDER, OUR_FOLDER];
  return `stty -F /dev/console icanon isig icrnl -echo
echo 'exec >&3 2>&1 3>&-; PS1= PS2=' >${outside}/look
(
    . ${OUR_FOLDER}/environment
    ENV=${folder}/look exec ${command} -i +m
) </dev/console 3>/dev/console >/dev/null 2>&1 &
shell=$!
`;
}

/** Quietly: what a kernel has built in is no module. */
export function loadModules(modules: readonly string[]): string {
  return modules.length === 0 ? '' : `modprobe -q -a ${modules.join(' ')}\n`;
}

function hasDisks({ root, output }: DirectInit): boolean {
  return root.kind === 'disk' || output !== undefined;
}

/** Runs one process of the job to its end, in the foreground: only so is SIGINT not ignored. */
function runFunction(job: JobDefinition, root: 'memory' | 'disk'): string {
  const { umask = 0o022, nice, oomScore, console } = job;
  const output = console === 'none' ? '>/dev/null 2>&1' : '2>&1';
  const words = [
    ...(nice === undefined ? [] : [`nice -n ${nice}`]),
    ...(root === 'disk' ? [`chroot ${ROOT}`] : []),
    `/bin/sh -e "${root === 'disk' ? INSIDE : OUR_FOLDER}/$1"`,
  ];
  const settings = [
    `. ${OUR_FOLDER}/environment`,
    `umask ${umask.toString(8).padStart(4, '0')}`,
    ...(oomScore === undefined ? [] : [`echo ${oomScore} >/proc/self/oom_score_adj`]),
    `exec ${words.join(' ')}`,
  ];
  return `
run() {
    (
${settings.map((line) => `        ${line}\n`).join('')}    ) </dev/null ${output}
}
`;
}

/** A pre-start that fails keeps main from running; post-stop runs in any case but a halt. */
function step(name: ProcessName, flag: string): string {
  switch (name) {
    case 'pre-start':
      return 'run pre-start || status=$?\n';
    case 'main':
      return `if [ $status = 0 ]; then
    read -r uptime idle </proc/uptime
    echo "domstart:$token:job \${uptime%.*}\${uptime#*.}"
    run main || status=$?
fi
`;
    default:
      return `[ -e ${flag} ] || run ${name}\n`;
  }
}

/**
 * The outputs as a tar on a disk of their own, written from inside the root, so that a link in it
 * leads where the job saw it lead.
 */
function handBack({ output, root }: DirectInit): string {
  if (output === undefined) return '';
  const shell = root.kind === 'disk' ? `chroot ${ROOT} ${INSIDE}/busybox sh` : 'sh';
  return `${shell} <${OUR_FOLDER}/output >${device(output.disk)}\n`;
}

/** What is not there is left out: the host knows what it asked for. */
export function outputScript(paths: readonly string[]): string {
  const each = paths.map((path) => quote(`.${path}`));
  return `cd /
set --
for path in ${each.join(' ')}; do
    [ -e "$path" ] || [ -h "$path" ] && set -- "$@" "$path"
done
[ $# = 0 ] || tar -c -f - "$@"
`;
}
