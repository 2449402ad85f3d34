import { type Environment, extend, extendByStanzas } from '../model/environment.ts';
import type { CompiledGuest, GuestRequest, ImageEntry } from '../model/guest-files.ts';
import type { JobDefinition, ProcessName, ProcessSpec } from '../model/job.ts';
import { directInit, HALT_WRAPPER, HALTS, OUR_FOLDER, outputScript } from './direct-init.ts';
import { diskFiles, INSIDE } from './disk-root.ts';
import { quote } from './quote.ts';
import { refuseUnsupported } from './refusals.ts';

/** The order in which they run; the others have no meaning in a guest that runs one job once. */
const DIRECT_PROCESSES = ['pre-start', 'main', 'post-stop'] as const satisfies ProcessName[];

/** What every job inside has unless it says otherwise; the host's own would name the host's files. */
const GUEST_ENVIRONMENT: Environment = new Map([
  ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  ['HOME', '/root'],
  ['TERM', 'linux'],
]);

/** Of the domain's own job on the host; the job inside has its own. */
const HOSTS_OWN = /^(PATH|HOME|TERM|PWD|OLDPWD|SHLVL|UPSTART_.*)$/;

/**
 * Compiles a guest job for `guest init direct`: a POSIX sh init of a few lines instead of Upstart.
 */
export function compileDirect(request: GuestRequest): CompiledGuest {
  const { guest, token, modules, root, output, keepOnFailure = false } = request;
  if (guest !== undefined) refuseUnsupported(guest);
  const job = guest?.job;
  const processes = DIRECT_PROCESSES.filter((name) => job?.processes[name] !== undefined);
  const network = findsNetworkUp(request);
  const init = directInit({
    ...(job === undefined ? {} : { job }),
    ...{ processes, modules, root, network },
    keepOnFailure: keepOnFailure && job !== undefined,
    ...(output === undefined ? {} : { output }),
  });
  const own = [
    file('/init', 0o755, init),
    file(`${OUR_FOLDER}/token`, 0o600, `${token}\n`),
    ...(job === undefined
      ? []
      : [file(`${OUR_FOLDER}/environment`, 0o644, environmentScript(job, request.environment))]),
    ...(output === undefined
      ? []
      : [file(`${OUR_FOLDER}/output`, 0o644, outputScript(output.paths))]),
  ];
  const halts = HALTS.map((path) => file(path, 0o755, HALT_WRAPPER));
  switch (root.kind) {
    case 'memory':
      return { initramfs: [...own, ...scripts(job, OUR_FOLDER), ...halts], inside: [] };
    case 'disk':
      return {
        initramfs: [...own, ...diskFiles()],
        inside: [...scripts(job, INSIDE), ...halts],
      };
  }
}

/** As at every boot of a system with interfaces(5), unless the job does it itself. */
function findsNetworkUp({ guest, interfaces }: GuestRequest): boolean {
  if (guest === undefined || interfaces.length === 0) return false;
  return !Object.values(guest.job.processes).some(({ text }) => /(^|[^\w-])ifup\b/.test(text));
}

function scripts(job: JobDefinition | undefined, folder: string): ImageEntry[] {
  if (job === undefined) return [];
  return DIRECT_PROCESSES.flatMap((name) => {
    const process = job.processes[name];
    return process === undefined ? [] : [file(`${folder}/${name}`, 0o644, script(process, job))];
  });
}

/**
 * busybox's shell runs its own applets before it looks at PATH, and its `halt -f` stops the
 * processor and leaves the machine on: in the job's own text the names mean the programs of the
 * image. On the first line, so that the shell's messages count lines as the job file does.
 */
const HALT_FUNCTIONS = HALTS.filter((path) => path.startsWith('/sbin/'))
  .map((path) => `${path.slice('/sbin/'.length)}() { ${path} "$@"; }; `)
  .join('');

function script({ kind, text }: ProcessSpec, { chdir }: JobDefinition): string {
  const move = chdir === undefined ? '' : `cd ${quote(chdir)} || exit 1; `;
  switch (kind) {
    case 'exec':
      return `${move}exec ${text}\n`;
    case 'script':
      return `${HALT_FUNCTIONS}${move}${text}${text.endsWith('\n') ? '' : '\n'}`;
  }
}

function environmentScript(job: JobDefinition, outer: Environment): string {
  const inherited = Array.from(outer, ([name, value]) => ({ name, value })).filter(
    ({ name }) => !HOSTS_OWN.test(name),
  );
  const own = extendByStanzas(extend(GUEST_ENVIRONMENT, inherited), job.env, outer);
  const all = extend(own, [
    { name: 'UPSTART_JOB', value: job.name },
    { name: 'UPSTART_INSTANCE', value: '' },
  ]);
  // A name that sh cannot export cannot be asked for by a script either.
  return Array.from(all)
    .filter(([name]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    .map(([name, value]) => `export ${name}=${quote(value)}\n`)
    .join('');
}

function file(path: string, mode: number, content: string): ImageEntry {
  return { kind: 'file', path, mode, content };
}
