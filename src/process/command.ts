import type { ProcessSpec } from '../model/job.ts';

/** How a process of a job is run (UPSTART.md, section 17). */
export type Command =
  /** Without a shell; the program is looked up in the job's PATH. */
  | { readonly kind: 'direct'; readonly argv: readonly string[] }
  /** `/bin/sh -e -c TEXT /bin/sh`. */
  | { readonly kind: 'shell'; readonly text: string }
  /** `/bin/sh -e /proc/self/fd/9`, where the text stands behind a line that closes 9. */
  | { readonly kind: 'script'; readonly text: string };

/** Upstart's set: with any of these in it, an `exec` line goes to the shell. */
const needsShell = /[~`!$^&*()=|\\{}[\];"'<>?]/;

export function commandOf({ kind, text }: ProcessSpec): Command {
  if (kind === 'exec' && !needsShell.test(text)) {
    return { kind: 'direct', argv: text.split(/[ \t\r\n]+/).filter((word) => word !== '') };
  }
  const script = kind === 'exec' ? `exec ${text}` : text;
  return /\n(?!\n*$)/.test(script)
    ? { kind: 'script', text: script }
    : { kind: 'shell', text: script };
}

/** The descriptor that a script is read from. */
export const SCRIPT_FD = 9;

/**
 * What is executed; a script is given by descriptor `SCRIPT_FD`, as `scriptFile` has it. `operands`
 * are `$1` … of what a shell runs, and nothing to what it does not.
 */
export function argvOf(command: Command, operands: readonly string[] = []): readonly string[] {
  switch (command.kind) {
    case 'direct':
      return command.argv;
    case 'shell':
      return ['/bin/sh', '-e', '-c', command.text, '/bin/sh', ...operands];
    case 'script':
      return ['/bin/sh', '-e', `/proc/self/fd/${SCRIPT_FD}`, ...operands];
  }
}

export function scriptFile(text: string): string {
  return `exec ${SCRIPT_FD}<&-\n${text}`;
}
