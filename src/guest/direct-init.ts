import type { JobDefinition, ProcessName } from '../model/job.ts';

/** Where the init keeps its own files in the guest. */
export const OUR_FOLDER = '/etc/domstart';

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

export interface DirectInit {
  readonly job?: JobDefinition;
  /** Those of the job that are run, in order. */
  readonly processes: readonly ProcessName[];
  /** Kernel modules to load first. */
  readonly modules: readonly string[];
}

/**
 * The text of /init. Every process costs in software emulation: what the shell can do itself, it
 * does. The marks are those of model/guest-protocol.ts. The token comes from a file that is emptied
 * once it is read, and is in no environment, so that nothing inside prints it by accident. The
 * init's own errors go nowhere once the system is up: all that the shell would say is that the job
 * was killed, which the exit status says.
 */
export function directInit({ job, processes, modules }: DirectInit): string {
  return `#!/bin/sh
read -r token <${OUR_FOLDER}/token
: >${OUR_FOLDER}/token
echo "domstart:$token:init"
mount -a
read -r hostname </etc/hostname
echo "$hostname" >/proc/sys/kernel/hostname
${modules.length === 0 ? '' : `modprobe -a ${modules.join(' ')}\n`}exec 2>/dev/null
${job === undefined ? '' : runFunction(job)}
status=0
${processes.map(step).join('')}[ -e ${HALT_FLAG} ] && status=0

while read -r name amount unit; do
    case $name in
    MemTotal:) total=$amount ;;
    MemAvailable:) available=$amount; break ;;
    esac
done </proc/meminfo
echo "domstart:$token:memory $((total - available))"
echo "domstart:$token:exit $status"
# Setting a terminal waits until all that was written to it is out.
stty -F /dev/console -echo
exec busybox poweroff -f
`;
}

/** Runs one process of the job to its end, in the foreground: only so is SIGINT not ignored. */
function runFunction(job: JobDefinition): string {
  const { umask = 0o022, nice, oomScore, chdir, console } = job;
  const output = console === 'none' ? '>/dev/null 2>&1' : '2>&1';
  const settings = [
    `. ${OUR_FOLDER}/environment`,
    `umask ${umask.toString(8).padStart(4, '0')}`,
    ...(oomScore === undefined ? [] : [`echo ${oomScore} >/proc/self/oom_score_adj`]),
    ...(chdir === undefined ? [] : [`cd ${quote(chdir)} || exit 1`]),
    `exec ${nice === undefined ? '' : `nice -n ${nice} `}/bin/sh -e "${OUR_FOLDER}/$1"`,
  ];
  return `
run() {
    (
${settings.map((line) => `        ${line}\n`).join('')}    ) </dev/null ${output}
}
`;
}

/** A pre-start that fails keeps main from running; post-stop runs in any case but a halt. */
function step(name: ProcessName): string {
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
      return `[ -e ${HALT_FLAG} ] || run ${name}\n`;
  }
}

/** For sh, whatever it holds. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
