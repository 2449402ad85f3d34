import type { GuestSpec } from '../model/domain.ts';
import { type Environment, extend, extendByStanzas } from '../model/environment.ts';
import type { GuestRequest, ImageEntry } from '../model/guest-files.ts';
import type { JobDefinition, ProcessName, ProcessSpec } from '../model/job.ts';
import { directInit, HALT_WRAPPER, HALTS, OUR_FOLDER, quote } from './direct-init.ts';
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
export function compileDirect(request: GuestRequest): ImageEntry[] {
  const { guest, token, modules } = request;
  if (guest !== undefined) refuseUnsupported(guest);
  const job = guest?.job;
  const processes = DIRECT_PROCESSES.filter((name) => job?.processes[name] !== undefined);
  return [
    file('/init', 0o755, directInit({ ...(job === undefined ? {} : { job }), processes, modules })),
    file(`${OUR_FOLDER}/token`, 0o600, `${token}\n`),
    ...(guest === undefined ? [] : jobFiles(guest, request.environment)),
    ...HALTS.map((path) => file(path, 0o755, HALT_WRAPPER)),
  ];
}

function jobFiles({ job }: GuestSpec, environment: Environment): ImageEntry[] {
  const scripts = DIRECT_PROCESSES.flatMap((name) => {
    const process = job.processes[name];
    return process === undefined ? [] : [file(`${OUR_FOLDER}/${name}`, 0o644, script(process))];
  });
  return [
    file(`${OUR_FOLDER}/environment`, 0o644, environmentScript(job, environment)),
    ...scripts,
  ];
}

/**
 * busybox's shell runs its own applets before it looks at PATH, and its `halt -f` stops the
 * processor and leaves the machine on: in the job's own text the names mean the programs of the
 * image. On the first line, so that the shell's messages count lines as the job file does.
 */
const HALT_FUNCTIONS = HALTS.filter((path) => path.startsWith('/sbin/'))
  .map((path) => `${path.slice('/sbin/'.length)}() { ${path} "$@"; }; `)
  .join('');

function script({ kind, text }: ProcessSpec): string {
  switch (kind) {
    case 'exec':
      return `exec ${text}\n`;
    case 'script':
      return `${HALT_FUNCTIONS}${text}${text.endsWith('\n') ? '' : '\n'}`;
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
